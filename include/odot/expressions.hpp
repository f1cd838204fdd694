#pragma once
// SPDX-License-Identifier: MIT
// Arithmetic on tensors, batches and views: y = x * sigmoid(b * x). docs/tensors.md teaches it.

#include "odot/expressions/arrangements.hpp"
#include "odot/expressions/assign.hpp"
#include "odot/expressions/assign_together.hpp"
#include "odot/expressions/elementwise.hpp"
#include "odot/expressions/operators.hpp"
#include "odot/expressions/print.hpp"
#include "odot/expressions/products.hpp"
#include "odot/expressions/reductions.hpp"
#include "odot/expressions/tensors.hpp"
