#pragma once
// SPDX-License-Identifier: MIT
// The rectified linear unit.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct ReLUForward {
  const S* x;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto value = run.load(x);
    run.store(y, select(value < 0, 0, value));
  }
};

template <class S>
struct ReLUBackward {
  const S *y, *dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    // y = max(x, 0); where that is NaN, dx is dy
    run.store(dx, select(run.load(y) <= 0, 0, run.load(dy)));
  }
};

}  // namespace detail

/// y = max(x, 0), element by element; NaN stays NaN. y may be x's memory, dx dy's.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy where y > 0 or NaN, else 0 (overwritten; optional)
template <class Device>
struct ReLU {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x, BatchView<Sh, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, 1, x.size(), detail::ReLUForward<S>{x.data(), y.data()});
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> y,
                       BatchView<Sh, const S, Device> dy, BatchView<Sh, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, 1, y.size(), detail::ReLUBackward<S>{y.data(), dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
