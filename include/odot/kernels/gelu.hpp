#pragma once
// SPDX-License-Identifier: MIT
// The Gaussian error linear unit.

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct GELUForward {
  const S* x;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto value = run.load(x);
    run.store(y, value * normal_distribution(value).probability);
  }
};

template <class S>
struct GELUBackward {
  const S *x, *dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto value = run.load(x);
    const auto normal = normal_distribution(value);
    // y = x Φ(x)
    run.store(dx, run.load(dy) * multiply_add(value, normal.density, normal.probability));
  }
};

}  // namespace detail

/// y = x Φ(x), Φ(x) = (1 + erf(x/√2))/2 the standard normal distribution; y may be x's memory, dx dy's.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy (Φ(x) + x φ(x)), φ(x) = exp(−x²/2)/√(2π) (overwritten; optional)
/// Errors of Φ  below 3e-7 in float, near the precision of the type in double
template <class Device>
struct GELU {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x, BatchView<Sh, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, 1, x.size(), detail::GELUForward<S>{x.data(), y.data()});
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x,
                       BatchView<Sh, const S, Device> dy, BatchView<Sh, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, 1, x.size(), detail::GELUBackward<S>{x.data(), dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
