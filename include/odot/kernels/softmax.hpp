#pragma once
// SPDX-License-Identifier: MIT
// The softmax of rows.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct SoftmaxForward {
  const S* x;
  S* y;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const S largest = row.largest([&](const auto& run) { return run.load(x); });
    const S sum = row.sum([&](const auto& run) { return exp(run.load(x) - largest); });
    row.each([&](const auto& run) { run.store(y, exp(run.load(x) - largest) / sum); });
  }
};

template <class S>
struct SoftmaxBackward {
  const S *y, *dy;
  S* dx;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const S mean = row.sum([&](const auto& run) { return run.load(y) * run.load(dy); });
    // y_k = exp(x_k) / Σⱼ exp(xⱼ)
    row.each([&](const auto& run) { run.store(dx, run.load(y) * (run.load(dy) - mean)); });
  }
};

}  // namespace detail

/// y_k = exp(x_k − m) / Σⱼ exp(xⱼ − m), m = maxⱼ xⱼ, for every row. y may be x's memory, dx that of dy.
/// Shapes  x [N, K] → y [N, K]
/// Grad    dx_k = y_k (dy_k − Σⱼ yⱼ dyⱼ) (overwritten; optional)
template <class Device>
struct Softmax {
  template <class S, std::size_t K>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> x,
                      BatchView<Shape<K>, S, Device> y) {
    Parallel<Device>::template each_row<S>(workspace, x.samples(), std::integral_constant<std::size_t, K>{},
                                           detail::SoftmaxForward<S>{x.data(), y.data()});
  }

  template <class S, std::size_t K>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                       BatchView<Shape<K>, const S, Device> dy, BatchView<Shape<K>, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template each_row<S>(workspace, y.samples(), std::integral_constant<std::size_t, K>{},
                                           detail::SoftmaxBackward<S>{y.data(), dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
