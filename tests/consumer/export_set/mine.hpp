#pragma once
// SPDX-License-Identifier: MIT
// A library with odot in its interface.

#include <odot/core/tensor.hpp>

/// Sum of a tensor's elements.
float sum(const odot::Tensor<odot::Shape<2, 3>>& tensor);
