#pragma once
// SPDX-License-Identifier: MIT
// Contract of the fully connected product.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// y = x Wᵀ + b.
/// Shapes  x [N, In], weight [Out, In], bias [Out] (optional) → y [N, Out]
/// Grad    dx = dy W (overwritten; optional);  dW += dyᵀ x,  db += Σₙ dy (added)
/// Cost    2·N·In·Out FLOP forward, twice that backward
template <class Device>
struct Linear : detail::MissingKernels<Device> {
  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<In>, const S, Device> x,
                      TensorView<Shape<Out, In>, const S, Device> weight, TensorView<Shape<Out>, const S, Device> bias,
                      BatchView<Shape<Out>, S, Device> y);
  template <class S, std::size_t In, std::size_t Out>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<In>, const S, Device> x,
                       TensorView<Shape<Out, In>, const S, Device> weight, BatchView<Shape<Out>, const S, Device> dy,
                       TensorView<Shape<Out, In>, S, Device> dweight, TensorView<Shape<Out>, S, Device> dbias,
                       BatchView<Shape<In>, S, Device> dx);
};

/// What a device's Linear must offer, checked by example calls.
template <class K, class Device, class S = float>
concept LinearKernel = requires(Workspace<Device>& workspace, BatchView<Shape<3>, const S, Device> x,
                                TensorView<Shape<2, 3>, const S, Device> weight,
                                TensorView<Shape<2>, const S, Device> bias, BatchView<Shape<2>, S, Device> y,
                                BatchView<Shape<2>, const S, Device> dy, TensorView<Shape<2, 3>, S, Device> dweight,
                                TensorView<Shape<2>, S, Device> dbias, BatchView<Shape<3>, S, Device> dx) {
  K::forward(workspace, x, weight, bias, y);
  K::backward(workspace, x, weight, dy, dweight, dbias, dx);
};

}  // namespace odot::kernels
