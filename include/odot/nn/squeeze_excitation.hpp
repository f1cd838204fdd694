#pragma once
// SPDX-License-Identifier: MIT
// SqueezeExcitation.

#include <cstddef>

#include "odot/nn/adaptive_avg_pool2d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/gate.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/sequential.hpp"
#include "odot/nn/sigmoid.hpp"

namespace odot::nn {

/// Channels weighted by their contents: y = x ⊙ σ(W₂ relu(W₁ m + b₁) + b₂), m the channels' means.
/// Shapes  x [N, Channels, H, W] → y as x
/// Params  fc1.weight [Squeeze, Channels, 1, 1], fc1.bias [Squeeze], fc2.weight [Channels, Squeeze, 1, 1],
///         fc2.bias [Channels]
/// Source  Hu, Shen, Sun, "Squeeze-and-excitation networks", 2017; the names of torchvision.ops.SqueezeExcitation
template <std::size_t Channels, std::size_t Squeeze>
struct SqueezeExcitation : Gate<AdaptiveAvgPool2d<1>, Named<"fc1", Conv2d<Squeeze, Conv2dOptions{.kernel_size = 1}>>,
                                ReLU, Named<"fc2", Conv2d<Channels, Conv2dOptions{.kernel_size = 1}>>, Sigmoid> {};

}  // namespace odot::nn
