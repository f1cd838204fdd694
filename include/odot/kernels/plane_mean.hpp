#pragma once
// SPDX-License-Identifier: MIT
// The mean of each channel's plane.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a plane.
template <class S, std::size_t Plane>
struct PlaneMeanForward {
  const S* x;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(x);
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t plane, const Totals& totals) const {
    y[plane] = static_cast<S>(totals[0] / static_cast<double>(Plane));
  }
};

template <class S, std::size_t Plane>
struct PlaneMeanBackward {
  const S* dy;
  S* dx;

  ODOT_HOST_DEVICE S of_row(std::size_t plane) const { return dy[plane] / static_cast<S>(Plane); }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, S share) const {
    // y = Σ x / Plane
    run.store(dx, Run::number(share));
  }
};

}  // namespace detail

/// y = the mean of each plane.
/// Shapes  x [N, C, H, W] → y [N, C, 1, 1]
/// Grad    dx = dy/(H·W) (overwritten; optional)
template <class Device>
struct PlaneMean {
  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<C, H, W>, const S, Device> x,
                      BatchView<Shape<C, 1, 1>, S, Device> y) {
    Parallel<Device>::template reduce_rows<S>(workspace, x.samples() * C, std::integral_constant<std::size_t, H * W>{},
                                              detail::PlaneMeanForward<S, H * W>{x.data(), y.data()});
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<C, 1, 1>, const S, Device> dy,
                       BatchView<Shape<C, H, W>, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, dy.samples() * C, std::integral_constant<std::size_t, H * W>{},
                                      detail::PlaneMeanBackward<S, H * W>{dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
