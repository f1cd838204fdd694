#pragma once
// SPDX-License-Identifier: MIT
// Divides rows by their root mean square.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/row_norm.hpp"

namespace odot::kernels {

namespace detail {

template <class S, std::size_t D>
struct RMSNormForward {
  double eps;
  const S *x, *weight;  // weight may be null
  S *scales, *y;        // scales may be null

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const auto total = row.joined_sums([&](const auto& run) { return run.load(x) * run.load(x); })[0];
    using Total = std::remove_const_t<decltype(total)>;
    S scale = static_cast<S>(1 / std::sqrt(total / static_cast<Total>(D) + static_cast<Total>(eps)));
    // S can't hold the squares: divide all numbers by the largest one. (NaN and infinity give NaN.)
    if (!(scale > 0)) {
      const S largest = row.largest([&](const auto& run) { return abs(run.load(x)); });
      const auto divided = row.joined_sums([&](const auto& run) {
        const auto share = run.load(x) / largest;
        return share * share;
      });
      const double root = std::sqrt(static_cast<double>(divided[0]) / D) * static_cast<double>(largest);
      scale = static_cast<S>(1 / std::hypot(root, std::sqrt(eps)));
    }
    if (scales) row.once([&] { scales[row.index] = scale; });
    if (weight) row.each([&](const auto& run) { run.store(y, run.load(x) * scale * run.load_column(weight)); });
    else row.each([&](const auto& run) { run.store(y, run.load(x) * scale); });
  }
};

/// dx; a row is a sample.
template <class S, std::size_t D>
struct RMSNormInputGradient {
  const S *x, *scales;
  ScaledGradient<S> grad;
  S* dx;

  ODOT_HOST_DEVICE S of_row(std::size_t row) const { return scales[row]; }
  template <class Run>
  ODOT_HOST_DEVICE auto normalised(const Run& run, S scale) const {
    return run.load(x) * scale;
  }

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const S scale = of_row(row.index);
    const S mean = row.sum([&](const auto& run) { return grad(run) * normalised(run, scale); }) / static_cast<S>(D);
    // x̂ = x scale, scale = 1/√(mean(x²) + eps)
    row.each([&](const auto& run) { run.store(dx, (grad(run) - normalised(run, scale) * mean) * scale); });
  }
};

}  // namespace detail

/// x̂ = x/√(mean(x²) + eps), y = γ x̂, for each sample's D numbers.
/// Shapes  x [N, D], weight γ [D] (optional) → y [N, D]; y may be x's memory
///         scales [N] (optional in forward): 1/√(mean(x²) + eps), for backward
/// Grad    g = γ ⊙ dy:  dx = (g − x̂ mean(g x̂))/√(mean(x²) + eps) (overwritten; optional; may be dy's memory);
///         dγ += Σₙ dy x̂ (added; optional)
template <class Device>
struct RMSNorm {
  template <class S, std::size_t D>
  static void forward(Workspace<Device>& workspace, double eps, BatchView<Shape<D>, const S, Device> x,
                      TensorView<Shape<D>, const S, Device> weight, BatchView<Shape<1>, S, Device> scales,
                      BatchView<Shape<D>, S, Device> y) {
    Parallel<Device>::template each_row<S>(
        workspace, x.samples(), std::integral_constant<std::size_t, D>{},
        detail::RMSNormForward<S, D>{detail::eps_of<S>(eps), x.data(), weight.data(), scales.data(), y.data()});
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<D>, const S, Device> x,
                       TensorView<Shape<D>, const S, Device> weight, BatchView<Shape<1>, const S, Device> scales,
                       BatchView<Shape<D>, const S, Device> dy, TensorView<Shape<D>, S, Device> dweight,
                       BatchView<Shape<D>, S, Device> dx) {
    const detail::RMSNormInputGradient<S, D> input{x.data(), scales.data(), {dy.data(), weight.data()}, dx.data()};
    detail::row_norm_backward<false, D>(workspace, x.samples(), input, dweight.data(), static_cast<S*>(nullptr));
  }
};

}  // namespace odot::kernels
