#pragma once
// SPDX-License-Identifier: MIT
// Contract of the 2-D convolution.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// Shapes of a 2-D convolution: square kernel, the same stride and zero padding on both axes.
template <ShapeType In, std::size_t OutChannels, std::size_t Kernel, std::size_t Stride, std::size_t Padding>
struct ConvGeometry {
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2];
  static constexpr std::size_t O = OutChannels, K = Kernel, stride = Stride, padding = Padding;
  static constexpr std::size_t out_h = (H + 2 * Padding - Kernel) / Stride + 1;
  static constexpr std::size_t out_w = (W + 2 * Padding - Kernel) / Stride + 1;
  static constexpr std::size_t taps = C * K * K;  // weights of one output channel
  using input = In;
  using output = Shape<O, out_h, out_w>;
  using weight = Shape<O, C, K, K>;
  using bias = Shape<O>;
};

/// y[o, i, j] = b[o] + Σ_{c,u,v} w[o, c, u, v] · x[c, i·stride + u − padding, j·stride + v − padding], x = 0 outside.
/// Shapes  x [N, C, H, W], weight [O, C, K, K], bias [O] (optional) → y [N, O, H', W']
/// Grad    dx overwritten (optional);  dW += Σₙ dy ⋆ x,  db += Σ dy (added; dbias optional)
/// Cost    2·N·O·H'·W'·C·K² FLOP forward, twice that backward
///
///   forward<Geometry>(workspace, x, weight, bias, y)
///   backward<Geometry>(workspace, x, weight, dy, dweight, dbias, dx)
template <class Device>
struct Conv2d : detail::NoKernel<Device> {};

}  // namespace odot::kernels
