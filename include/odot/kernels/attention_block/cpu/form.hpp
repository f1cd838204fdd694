#pragma once
// SPDX-License-Identifier: MIT
// What an attention block consists of on the CPU, as run-time numbers.

#include "odot/kernels/attention_heads/cpu/score_bounds.hpp"

namespace odot::kernels::detail {

/// A block's heads, what it does besides, and its convolution's arrays.
template <class S>
struct BlockForm : HeadsForm<S> {
  bool skip, relu;
  S *conv_weight, *conv_bias;  // [C, maps, 3, 3], [C]
};

}  // namespace odot::kernels::detail
