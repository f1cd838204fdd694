#pragma once
// SPDX-License-Identifier: MIT
// Contract of convolutions.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/conv2d/geometry.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// The functions of every convolution, of a geometry G.
template <class Device>
struct Convolution {
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

/// By square kernels, over all channels; G is a ConvGeometry.
/// y[o, i, j] = b[o] + Σ_{c,u,v} w[o, c, u, v] · x[c, i·stride + u − padding, j·stride + v − padding], x = 0 outside.
/// Shapes  x [N, C, H, W], weight [O, C, K, K], bias [O] (optional) → y [N, O, H', W']
/// Grad    dx overwritten (optional);  dW += Σₙ dy ⋆ x,  db += Σ dy (added; optional; db only with dW). Without dW, x is
///         not read: it may be a view of no memory
/// Cost    2·N·O·H'·W'·C·K² FLOP forward, twice that backward
template <class Device>
struct Conv2d : Convolution<Device>, detail::MissingKernels<Device> {};

/// What a device's convolution must offer, checked by example calls.
template <class K, class Device, class S, class G>
concept ConvolutionKernel =
    requires(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
             TensorView<typename G::weight, const S, Device> weight, TensorView<typename G::bias, const S, Device> bias,
             BatchView<typename G::output, S, Device> y, BatchView<typename G::output, const S, Device> dy,
             TensorView<typename G::weight, S, Device> dweight, TensorView<typename G::bias, S, Device> dbias,
             BatchView<typename G::input, S, Device> dx) {
      K::template forward<G>(workspace, x, weight, bias, y);
      K::template backward<G>(workspace, x, weight, dy, dweight, dbias, dx);
    };

template <class K, class Device, class S = float>
concept Conv2dKernel = ConvolutionKernel<K, Device, S, ConvGeometry<Shape<2, 5, 4>, 3, 3, 1, 1>>;

}  // namespace odot::kernels
