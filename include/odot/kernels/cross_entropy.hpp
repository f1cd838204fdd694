#pragma once
// SPDX-License-Identifier: MIT
// The softmax cross-entropy.

#include <cmath>
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

template <class S, std::size_t K>
struct CrossEntropyRow : LabelSums {
  const S* y;
  const std::int32_t* labels;
  S scale;
  S* dy;

  template <class Row>
  ODOT_HOST_DEVICE Terms<double, 2> operator()(const Row& row) const {
    const Label label(labels[row.index], K);
    const S largest = row.largest([&](const auto& run) { return run.load(y); });
    const auto term = [&](const auto& run) { return exp(run.load(y) - largest); };
    const S sum = row.sum(term);
    if (dy) {
      const S factor = scale / sum;
      row.each([&](const auto& run) {
        run.store(dy, term(run) * factor - select(run.column_is(label.index), run.number(scale), 0));
      });
    }
    // ℓ = log Σ exp(y − m) − (y_label − m)
    return label.terms(row, y, [&](S output) { return std::log(sum) - (output - largest); });
  }
};

/// The shares a_k of labels: (1 − ε) w_label [k = label] + ε/K w_k; those of an ignored label are 0.
template <class S, std::size_t K>
struct LabelShares {
  struct OfRow {
    Label label;
    const S* weights;
    S own, spread;
    double weight, counted;

    template <class Run>
    ODOT_HOST_DEVICE auto operator()(const Run& run) const {
      const auto of_all = weights ? run.load_column(weights) * spread : run.number(spread);
      return select(run.column_is(label.index), of_all + own, of_all);
    }
  };
  const std::int32_t* labels;
  LabelOptions<S> options;

  template <class Row>
  ODOT_HOST_DEVICE OfRow of_row(const Row& row) const {
    const std::int32_t number = labels[row.index];
    const Label label(number, K);
    if (options.is_ignored(number)) return {Label(0, K), nullptr, 0, 0, 0, 0};
    const S weight = options.weight_of(label);
    return {label,
            options.weights,
            (S{1} - options.smoothing) * weight,
            options.smoothing / static_cast<S>(K),
            static_cast<double>(weight),
            1};
  }
};

/// The shares of probabilities q: w_k ((1 − ε) q_k + ε/K). The label is the most probable class, the first one if there
/// are several.
template <class S, std::size_t K>
struct ProbabilityShares {
  struct OfRow {
    Label label;
    const S *targets, *weights;
    S kept, spread;
    double weight = 1, counted = 1;

    template <class Run>
    ODOT_HOST_DEVICE auto operator()(const Run& run) const {
      const auto share = run.load(targets) * kept + spread;
      return weights ? run.load_column(weights) * share : share;
    }
  };
  const S* targets;
  LabelOptions<S> options;

  template <class Row>
  ODOT_HOST_DEVICE OfRow of_row(const Row& row) const {
    const S most = row.largest([&](const auto& run) { return run.load(targets); });
    // Of classes with that probability, the first has the most classes from it to the end.
    const S left = row.largest([&](const auto& run) {
      return select(run.load(targets) == most, run.number(static_cast<S>(K)) - run.count_from(run.column), 0);
    });
    const bool found = left > S{0};  // not where a probability is NaN
    return {Label(found ? static_cast<std::int32_t>(K) - static_cast<std::int32_t>(left) : -1, K), targets,
            options.weights, S{1} - options.smoothing, options.smoothing / static_cast<S>(K)};
  }
};

/// ℓ = −Σ_k a_k log softmax(y)_k for shares a_k ≥ 0, which need not add up to 1.
template <class S, std::size_t K, class Shares>
struct SharedCrossEntropyRow : WeightedSums {
  const S* y;
  Shares shares;
  S scale;
  S* dy;

  template <class Row>
  ODOT_HOST_DEVICE Terms<double, 4> operator()(const Row& row) const {
    const auto share = shares.of_row(row);
    const S largest = row.largest([&](const auto& run) { return run.load(y); });
    const auto term = [&](const auto& run) { return exp(run.load(y) - largest); };
    const S sum = row.sum(term), log_sum = std::log(sum);
    if (dy) {
      // ∂ℓ/∂y_j = softmax(y)_j Σ_k a_k − a_j
      const S factor = scale / sum * row.sum(share);
      row.each([&](const auto& run) { run.store(dy, term(run) * factor - share(run) * scale); });
    }
    const S loss = row.sum([&](const auto& run) {
      const auto a = share(run);
      return select(a == 0, run.number(0), a * (log_sum - (run.load(y) - largest)));
    });
    if (share.counted > 0 && !share.label.valid)
      return kernels::terms(std::numeric_limits<double>::quiet_NaN(), 0.0, share.weight, share.counted);
    const bool hit = share.counted > 0 && share.label.is_hit(row, y, y[row.offset() + share.label.index]);
    return kernels::terms(static_cast<double>(loss), static_cast<double>(hit), share.weight, share.counted);
  }
};

}  // namespace detail

/// Negative log-likelihood of the labels under the softmax of the logits y: Σₙ log Σ_k exp(y[n, k]) − y[n, labelₙ], in
/// the stable form; the gradient in the same pass.
/// Shapes  y [N, K], labels [N] → *sums (added to)
/// Grad    dy[n, k] = scale · (softmax(y[n])_k − [k = labelₙ]) (overwritten; optional); scale = 1/N for the batch's
///         mean
/// Errors  ArgumentError: a label outside [0, K), with its position among those of the call; on a GPU, where the
///         host does not see labels, a loss of NaN instead
template <class Device>
struct CrossEntropy {
  template <class S, std::size_t K>
  static void evaluate(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                       std::span<const std::int32_t> labels, S scale, BatchView<Shape<K>, S, Device> dy,
                       LossSums* sums) {
    check_labels<Device>("CrossEntropy", labels.first(y.samples()), K);
    Parallel<Device>::template sum_of_rows<S>(
        workspace, y.samples(), std::integral_constant<std::size_t, K>{},
        detail::CrossEntropyRow<S, K>{{sums, y.samples()}, y.data(), labels.data(), scale, dy.data()});
  }

  /// The same with options: ℓₙ = −Σ_k a[n, k] log softmax(y[n])_k, a[n, k] = (1 − ε) w_label [k = label] + ε/K w_k.
  /// A sample whose label is ignored adds nothing and has gradient 0. The weights w_label are added up in sums->weight.
  /// Grad    dy[n, k] = scale · (softmax(y[n])_k Σⱼ a[n, j] − a[n, k]) (overwritten; optional)
  template <class S, std::size_t K>
  static void evaluate(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                       std::span<const std::int32_t> labels, const LabelOptions<S>& options, S scale,
                       BatchView<Shape<K>, S, Device> dy, LossSums* sums) {
    check_labels<Device>("CrossEntropy", labels.first(y.samples()), K, options.ignores ? &options.ignored : nullptr);
    add_shares(workspace, options.has_weights(), y, detail::LabelShares<S, K>{labels.data(), options}, scale, dy, sums);
  }

  /// The same with probabilities q as targets: a[n, k] = w_k ((1 − ε) q[n, k] + ε/K). Nothing is ignored, and every
  /// sample counts as one. It is a hit if the largest output is that of the largest probability.
  /// Shapes  y, probabilities [N, K]
  template <class S, std::size_t K>
  static void evaluate_probabilities(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                                     std::span<const S> probabilities, const LabelOptions<S>& options, S scale,
                                     BatchView<Shape<K>, S, Device> dy, LossSums* sums) {
    add_shares(workspace, false, y, detail::ProbabilityShares<S, K>{probabilities.data(), options}, scale, dy, sums);
  }

 private:
  template <class S, std::size_t K, class Shares>
  static void add_shares(Workspace<Device>& workspace, bool weighted, BatchView<Shape<K>, const S, Device> y,
                         const Shares& shares, S scale, BatchView<Shape<K>, S, Device> dy, LossSums* sums) {
    Parallel<Device>::template sum_of_rows<S>(
        workspace, y.samples(), std::integral_constant<std::size_t, K>{},
        detail::SharedCrossEntropyRow<S, K, Shares>{{sums, weighted}, y.data(), shares, scale, dy.data()});
  }
};

}  // namespace odot::kernels
