#pragma once
// SPDX-License-Identifier: MIT
// 2-D pooling on the GPU: one lane per window forward; one lane per pixel backward, which gathers from the pixel's
// windows. So no two threads add to the same number, and the order of sums depends on the shapes alone.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/parallel/gpu/parallel.hpp"
#include "odot/kernels/pool2d/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a row of outputs: (plane, i).
template <class G, class S>
struct MaxPoolWindows {
  const S* x;
  S *taps, *y;  // taps may be null

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t i = run.row % G::out_h;
    const S* plane = x + run.row / G::out_h * (G::H * G::W);
    const auto tap = run.generate([&](std::size_t l) { return static_cast<S>(largest(plane, i, run.column + l)); });
    run.store(y, run.generate([&](std::size_t l) {
      const std::size_t j = run.column + l, t = static_cast<std::size_t>(tap.values[l]);
      return plane[(i * G::stride + t / G::K - G::padding) * G::W + (j * G::stride + t % G::K - G::padding)];
    }));
    if (taps) run.store(taps, tap);
  }

  /// The tap of the largest number of window (i, j).
  static ODOT_HOST_DEVICE std::size_t largest(const S* plane, std::size_t i, std::size_t j) {
    const std::size_t top = G::begin(i), left = G::begin(j);
    std::size_t row = top, column = left;
    S best = plane[top * G::W + left];
    for (std::size_t r = top; r < G::end(i, G::H); ++r)
      for (std::size_t c = left; c < G::end(j, G::W); ++c) {
        const S next = plane[r * G::W + c];
        if (next > best || next != next) best = next, row = r, column = c;
      }
    return (row + G::padding - i * G::stride) * G::K + (column + G::padding - j * G::stride);
  }
};

/// A row is a row of dx.
template <class G, class S>
struct MaxPoolGather {
  const S *taps, *dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t r = run.row % G::H, start = run.row / G::H * (G::out_h * G::out_w);
    const std::size_t top = G::first_window(r), bottom = G::end_window(r, G::out_h);
    run.store(dx, run.generate([&](std::size_t l) {
      const std::size_t s = run.column + l;
      const std::size_t left = G::first_window(s), right = G::end_window(s, G::out_w);
      S sum{0};
      for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t j = left; j < right; ++j) {
          const std::size_t tap = (r + G::padding - i * G::stride) * G::K + (s + G::padding - j * G::stride);
          const std::size_t window = start + i * G::out_w + j;
          if (static_cast<std::size_t>(taps[window]) == tap) sum += dy[window];
        }
      return sum;
    }));
  }
};

template <class G, bool CountPadding, class S>
struct AvgPoolWindows {
  const S* x;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t i = run.row % G::out_h;
    const S* plane = x + run.row / G::out_h * (G::H * G::W);
    run.store(y, run.generate([&](std::size_t l) {
      const std::size_t j = run.column + l;
      S sum{0};
      for (std::size_t r = G::begin(i); r < G::end(i, G::H); ++r) {
        S of_row{0};
        for (std::size_t c = G::begin(j); c < G::end(j, G::W); ++c) of_row += plane[r * G::W + c];
        sum += of_row;
      }
      return sum * window_share<G, CountPadding, S>(i, j);
    }));
  }
};

template <class G, bool CountPadding, class S>
struct AvgPoolGather {
  const S* dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t r = run.row % G::H, start = run.row / G::H * (G::out_h * G::out_w);
    const std::size_t top = G::first_window(r), bottom = G::end_window(r, G::out_h);
    run.store(dx, run.generate([&](std::size_t l) {
      const std::size_t s = run.column + l, left = G::first_window(s), right = G::end_window(s, G::out_w);
      S sum{0};
      for (std::size_t i = top; i < bottom; ++i)
        for (std::size_t j = left; j < right; ++j)
          sum += dy[start + i * G::out_w + j] * window_share<G, CountPadding, S>(i, j);
      return sum;
    }));
  }
};

}  // namespace detail

template <>
struct MaxPool2d<Gpu> {
  template <class G, class S>
  static void forward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                      BatchView<typename G::output, S, Gpu> taps, BatchView<typename G::output, S, Gpu> y) {
    Parallel<Gpu>::map<S>(workspace, x.samples() * (G::C * G::out_h), std::integral_constant<std::size_t, G::out_w>{},
                          detail::MaxPoolWindows<G, S>{x.data(), taps.data(), y.data()});
  }
  template <class G, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::output, const S, Gpu> taps,
                       BatchView<typename G::output, const S, Gpu> dy, BatchView<typename G::input, S, Gpu> dx) {
    if (!dx) return;
    Parallel<Gpu>::map<S>(workspace, dy.samples() * (G::C * G::H), std::integral_constant<std::size_t, G::W>{},
                          detail::MaxPoolGather<G, S>{taps.data(), dy.data(), dx.data()});
  }
};

template <>
struct AvgPool2d<Gpu> {
  template <class G, bool CountPadding, class S>
  static void forward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                      BatchView<typename G::output, S, Gpu> y) {
    Parallel<Gpu>::map<S>(workspace, x.samples() * (G::C * G::out_h), std::integral_constant<std::size_t, G::out_w>{},
                          detail::AvgPoolWindows<G, CountPadding, S>{x.data(), y.data()});
  }
  template <class G, bool CountPadding, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::output, const S, Gpu> dy,
                       BatchView<typename G::input, S, Gpu> dx) {
    if (!dx) return;
    Parallel<Gpu>::map<S>(workspace, dy.samples() * (G::C * G::H), std::integral_constant<std::size_t, G::W>{},
                          detail::AvgPoolGather<G, CountPadding, S>{dy.data(), dx.data()});
  }
};

static_assert(Pool2dKernels<MaxPool2d<Gpu>, AvgPool2d<Gpu>, Gpu>);

}  // namespace odot::kernels
