#pragma once
// SPDX-License-Identifier: MIT
// The softmax cross-entropy of pixels, whose logits are planes, one per class.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/labels.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row of pixels. Every class has the share a_k = (1 − ε) w_label [k = label] + ε/K w_k; of an ignored label it is 0.
template <class S, std::size_t K, std::size_t H, std::size_t W>
struct PixelCrossEntropyRow : WeightedSums {
  static constexpr std::size_t plane = H * W;
  const S* y;
  const std::int32_t* labels;
  LabelOptions<S> options;
  S scale;
  S* dy;

  template <class Row>
  ODOT_HOST_DEVICE Terms<double, 4> operator()(const Row& row) const {
    const std::size_t first = row.index / H * (K * plane) + row.index % H * W;  // of class 0
    S spread = 0;                                                               // Σ ε/K w_k
    for (std::size_t k = 0; k < K; ++k) spread += spread_of(k);
    const auto of_row = row.joined_sums([&](const auto& run) { return pixels(run, first + run.column, spread); });
    Terms<double, 4> totals;
    for (std::size_t k = 0; k < 4; ++k) totals[k] = static_cast<double>(of_row[k]);
    return totals;
  }

 private:
  ODOT_HOST_DEVICE S spread_of(std::size_t k) const {
    return options.smoothing / static_cast<S>(K) * (options.weights ? options.weights[k] : S{1});
  }

  /// Losses, hits, weights, and which of the pixels count; `first` is the run's first logit of class 0.
  template <class Run>
  ODOT_HOST_DEVICE auto pixels(const Run& run, std::size_t first, S spread) const {
    using Number = typename Run::Number;
    const auto logit = [&](std::size_t k) { return run.load_from(y + first + k * plane); };
    const Number label = run.load(labels), one = 1, nothing = 0;
    Number largest = logit(0);
    for (std::size_t k = 1; k < K; ++k) largest = maximum(largest, logit(k));
    Number sum = 0, own = std::numeric_limits<S>::quiet_NaN(), weight = 1, best = -1;
    for (std::size_t k = 0; k < K; ++k) {
      const Number value = logit(k), power = exp(value - largest);
      const auto is_own = label == static_cast<S>(k);
      sum = sum + power;
      own = select(is_own, value, own);
      if (options.weights) weight = select(is_own, run.number(options.weights[k]), weight);
      best = select(value == largest && best < 0, run.number(static_cast<S>(k)), best);
      if (dy) run.store_to(dy + first + k * plane, power);
    }
    const auto ignored = label == static_cast<S>(options.ignored);
    const Number counted = options.ignores ? select(ignored, nothing, one) : one;
    weight = weight * counted;
    const Number own_share = weight * (S{1} - options.smoothing), log_sum = log(sum);
    // ℓ = Σ_k a_k (log Σⱼ exp(yⱼ − m) − (y_k − m))
    Number loss = own_share * (log_sum - (own - largest));
    if (options.smoothing > 0)
      for (std::size_t k = 0; k < K; ++k) {
        const S share = spread_of(k);
        if (share > 0) loss = loss + (log_sum - (logit(k) - largest)) * share;
      }
    if (options.ignores) loss = select(ignored, nothing, loss);
    if (dy) {
      // ∂ℓ/∂y_k = softmax(y)_k Σⱼ aⱼ − a_k
      const Number factor = (own_share + spread) * counted / sum * scale;
      for (std::size_t k = 0; k < K; ++k) {
        S* const gradient = dy + first + k * plane;
        const Number share = select(label == static_cast<S>(k), own_share, nothing) + counted * spread_of(k);
        run.store_to(gradient, run.load_from(gradient) * factor - share * scale);
      }
    }
    return terms(loss, select(label == best, counted, nothing), weight, counted);
  }
};

}  // namespace detail

/// As CrossEntropy, of a label for each pixel.
/// Shapes  y [N, K, H, W], labels [N, H, W] → *sums (added to)
/// Grad    dy (overwritten; optional), as CrossEntropy's
/// Errors  as CrossEntropy's
template <class Device>
struct PixelCrossEntropy {
  template <class S, std::size_t K, std::size_t H, std::size_t W>
  static void evaluate(Workspace<Device>& workspace, BatchView<Shape<K, H, W>, const S, Device> y,
                       std::span<const std::int32_t> labels, const LabelOptions<S>& options, S scale,
                       BatchView<Shape<K, H, W>, S, Device> dy, LossSums* sums) {
    check_labels<Device>("CrossEntropy", labels.first(y.samples() * H * W), K,
                         options.ignores ? &options.ignored : nullptr, H * W);
    Parallel<Device>::template sum_of_rows<S>(
        workspace, y.samples() * H, std::integral_constant<std::size_t, W>{},
        detail::PixelCrossEntropyRow<S, K, H, W>{
            {sums, options.has_weights()}, y.data(), labels.data(), options, scale, dy.data()});
  }
};

}  // namespace odot::kernels
