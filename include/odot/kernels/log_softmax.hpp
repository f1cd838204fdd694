#pragma once
// SPDX-License-Identifier: MIT
// The log-softmax.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct LogSoftmaxForward {
  const S* x;
  S* y;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const S largest = row.largest([&](const auto& run) { return run.load(x); });
    const S log_sum = std::log(row.sum([&](const auto& run) { return exp(run.load(x) - largest); }));
    row.each([&](const auto& run) { run.store(y, (run.load(x) - largest) - log_sum); });
  }
};

template <class S>
struct LogSoftmaxBackward {
  const S *y, *dy;
  S* dx;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const S sum = row.sum([&](const auto& run) { return run.load(dy); });
    // y_k = x_k − log Σⱼ exp(xⱼ)
    row.each([&](const auto& run) { run.store(dx, run.load(dy) - exp(run.load(y)) * sum); });
  }
};

}  // namespace detail

/// y_k = x_k − m − log Σⱼ exp(xⱼ − m), m = maxⱼ xⱼ, for every sample. Forward y may be x's memory, backward dx that of dy.
/// Shapes  x [N, K] → y [N, K], in nats
/// Grad    dx_k = dy_k − exp(y_k) Σⱼ dyⱼ (overwritten; optional)
template <class Device>
struct LogSoftmax {
  template <class S, std::size_t K>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> x,
                      BatchView<Shape<K>, S, Device> y) {
    Parallel<Device>::template each_row<S>(workspace, x.samples(), std::integral_constant<std::size_t, K>{},
                                           detail::LogSoftmaxForward<S>{x.data(), y.data()});
  }

  template <class S, std::size_t K>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                       BatchView<Shape<K>, const S, Device> dy, BatchView<Shape<K>, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template each_row<S>(workspace, y.samples(), std::integral_constant<std::size_t, K>{},
                                           detail::LogSoftmaxBackward<S>{y.data(), dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
