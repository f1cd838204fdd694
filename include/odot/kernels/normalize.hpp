#pragma once
// SPDX-License-Identifier: MIT
// The normalisation of channels by fixed statistics.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a sample of C numbers where a channel is one number (Single), else a channel of a sample.
template <class S, std::size_t C, bool Single>
struct NormalizeForward {
  const S *x, *mean, *deviation;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(y, (run.load(x) - of_channel(run, mean)) / of_channel(run, deviation));
  }

  template <class Run>
  static ODOT_HOST_DEVICE auto of_channel(const Run& run, const S* statistic) {
    if constexpr (Single) return run.load_column(statistic);
    else return typename Run::Number(statistic[run.row % C]);
  }
};

template <class S, std::size_t C, bool Single>
struct NormalizeBackward {
  const S *deviation, *dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    // y = (x − mean)/deviation
    run.store(dx, run.load(dy) / NormalizeForward<S, C, Single>::of_channel(run, deviation));
  }
};

}  // namespace detail

/// y = (x − mean_c)/deviation_c, per channel c; y may be x's memory.
/// Shapes  x [N, C, …], mean and deviation [C] → y [N, C, …]
/// Grad    dx = dy/deviation_c (overwritten; may be dy's memory); none for mean and deviation
template <class Device>
struct Normalize {
  template <ShapeType Sh, ShapeType Channels, class S>
  static void forward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x,
                      TensorView<Channels, const S, Device> mean, TensorView<Channels, const S, Device> deviation,
                      BatchView<Sh, S, Device> y) {
    each_channel<Sh, S>(
        workspace, x.samples(),
        detail::NormalizeForward<S, Channels::size, single<Sh>>{x.data(), mean.data(), deviation.data(), y.data()});
  }

  template <ShapeType Sh, ShapeType Channels, class S>
  static void backward(Workspace<Device>& workspace, TensorView<Channels, const S, Device> deviation,
                       BatchView<Sh, const S, Device> dy, BatchView<Sh, S, Device> dx) {
    each_channel<Sh, S>(
        workspace, dy.samples(),
        detail::NormalizeBackward<S, Channels::size, single<Sh>>{deviation.data(), dy.data(), dx.data()});
  }

 private:
  template <ShapeType Sh>
  static constexpr bool single = Sh::size == Sh::extents[0];

  template <ShapeType Sh, class S, class Program>
  static void each_channel(Workspace<Device>& workspace, std::size_t samples, const Program& program) {
    constexpr std::size_t columns = single<Sh> ? Sh::size : Sh::size / Sh::extents[0], rows = Sh::size / columns;
    Parallel<Device>::template map<S>(workspace, samples * rows, std::integral_constant<std::size_t, columns>{},
                                      program);
  }
};

}  // namespace odot::kernels
