#pragma once
// SPDX-License-Identifier: MIT
// The Cpu backend: every kernel's Eigen implementation.

#include "odot/expressions/eigen.hpp"
#include "odot/kernels/attention_block/cpu.hpp"
#include "odot/kernels/attention_heads/cpu.hpp"
#include "odot/kernels/batch_norm/cpu.hpp"
#include "odot/kernels/conv2d/cpu.hpp"
#include "odot/kernels/dot_product_attention/cpu.hpp"
#include "odot/kernels/element_wise_attention/cpu.hpp"
#include "odot/kernels/linear/cpu.hpp"
#include "odot/kernels/matmul/cpu.hpp"
#include "odot/kernels/parallel/cpu.hpp"
