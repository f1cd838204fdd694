#pragma once
// SPDX-License-Identifier: MIT
// Contract of the 2-D convolution.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

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
/// Grad    dx overwritten (optional);  dW += Σₙ dy ⋆ x,  db += Σ dy (added; optional; db only with dW). Without dW, x is
///         not read: it may be a view of no memory
/// Cost    2·N·O·H'·W'·C·K² FLOP forward, twice that backward
template <class Device>
struct Conv2d : detail::MissingKernels<Device> {
  /// G: a ConvGeometry.
  template <class G, class S>
  static void forward(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
                      TensorView<typename G::weight, const S, Device> weight,
                      TensorView<typename G::bias, const S, Device> bias, BatchView<typename G::output, S, Device> y);
  template <class G, class S>
  static void backward(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
                       TensorView<typename G::weight, const S, Device> weight,
                       BatchView<typename G::output, const S, Device> dy,
                       TensorView<typename G::weight, S, Device> dweight, TensorView<typename G::bias, S, Device> dbias,
                       BatchView<typename G::input, S, Device> dx);
};

/// What a device's Conv2d must offer, checked by example calls.
template <class K, class Device, class S = float, class G = ConvGeometry<Shape<2, 5, 4>, 3, 3, 1, 1>>
concept Conv2dKernel =
    requires(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
             TensorView<typename G::weight, const S, Device> weight, TensorView<typename G::bias, const S, Device> bias,
             BatchView<typename G::output, S, Device> y, BatchView<typename G::output, const S, Device> dy,
             TensorView<typename G::weight, S, Device> dweight, TensorView<typename G::bias, S, Device> dbias,
             BatchView<typename G::input, S, Device> dx) {
      K::template forward<G>(workspace, x, weight, bias, y);
      K::template backward<G>(workspace, x, weight, dy, dweight, dbias, dx);
    };

}  // namespace odot::kernels
