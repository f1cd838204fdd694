#pragma once
// SPDX-License-Identifier: MIT
// Adds one number to every element of a channel; and its gradient.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a channel's plane, here and below.
template <class S, std::size_t C>
struct AddChannelBias {
  const S* bias;
  S* y;

  ODOT_HOST_DEVICE S of_row(std::size_t row) const { return bias[row % C]; }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, S of_channel) const {
    run.store(y, run.load(y) + Run::number(of_channel));
  }
};

template <class S>
struct SumPlanes {
  const S* dy;
  S* sums;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(dy);
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t row, const Totals& totals) const {
    sums[row] = static_cast<S>(totals[0]);
  }
};

/// A row is a sample.
template <class S>
struct AddPlaneSums {
  const S* sums;
  S* dbias;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(sums);
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    run.store(dbias, run.load(dbias) + totals[0]);
  }
};

}  // namespace detail

/// y[n, c, i, j] += b[c].
/// Shapes  bias [C], y [N, C, H, W]
/// Grad    db += Σ dy (added)
template <class Device>
struct ChannelBias {
  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void add(Workspace<Device>& workspace, TensorView<Shape<C>, const S, Device> bias,
                  BatchView<Shape<C, H, W>, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, y.samples() * C, std::integral_constant<std::size_t, H * W>{},
                                      detail::AddChannelBias<S, C>{bias.data(), y.data()});
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<C, H, W>, const S, Device> dy,
                       TensorView<Shape<C>, S, Device> dbias) {
    auto frame = workspace.frame();
    S* const sums = frame.template take<S>(dy.samples() * C);
    Parallel<Device>::template reduce_rows<S>(workspace, dy.samples() * C, std::integral_constant<std::size_t, H * W>{},
                                              detail::SumPlanes<S>{dy.data(), sums});
    Parallel<Device>::template reduce_columns<S>(workspace, dy.samples(), std::integral_constant<std::size_t, C>{},
                                                 detail::AddPlaneSums<S>{sums, dbias.data()});
  }
};

}  // namespace odot::kernels
