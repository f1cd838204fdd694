#pragma once
// SPDX-License-Identifier: MIT
// The negative log-likelihood.

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/labels.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S, std::size_t K>
struct NegativeLogLikelihoodRow : LabelSums {
  const S* y;
  const std::int32_t* labels;
  S scale;
  S* dy;

  template <class Row>
  ODOT_HOST_DEVICE Terms<double, 2> operator()(const Row& row) const {
    const Label label(labels[row.index], K);
    const auto result = label.terms(row, y, [](S output) { return -output; });
    if (dy) {
      row.each([&](const auto& run) { run.store(dy, run.number(0)); });
      if (label.valid) row.once([&] { dy[row.offset() + label.index] = -scale; });
    }
    return result;
  }
};

/// The same with weights and an ignored label.
template <class S, std::size_t K>
struct WeightedNegativeLogLikelihoodRow : WeightedSums {
  const S* y;
  const std::int32_t* labels;
  LabelOptions<S> options;
  S scale;
  S* dy;

  template <class Row>
  ODOT_HOST_DEVICE Terms<double, 4> operator()(const Row& row) const {
    const std::int32_t number = labels[row.index];
    const bool ignored = options.is_ignored(number);
    const Label label(ignored ? 0 : number, K);
    const S weight = ignored ? S{0} : options.weight_of(label);
    const auto result = label.terms(row, y, [&](S output) { return ignored ? S{0} : -weight * output; });
    if (dy) {
      row.each([&](const auto& run) { run.store(dy, run.number(0)); });
      if (label.valid && !ignored) row.once([&] { dy[row.offset() + label.index] = -scale * weight; });
    }
    return kernels::terms(result[0], ignored ? 0.0 : result[1], static_cast<double>(weight),
                          static_cast<double>(!ignored));
  }
};

}  // namespace detail

/// Negative log-likelihood of the labels under log-probabilities y: Σₙ −y[n, labelₙ].
/// Shapes  y [N, K], labels [N] → *sums (added to)
/// Grad    dy[n, k] = −scale where k = labelₙ, else 0 (overwritten; optional); scale = 1/N for the mean over a batch
/// Errors  ArgumentError: a label outside [0, K), with its position among those of the call; on a GPU, where the
///         host does not see labels, a loss of NaN instead
template <class Device>
struct NegativeLogLikelihood {
  template <class S, std::size_t K>
  static void evaluate(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                       std::span<const std::int32_t> labels, S scale, BatchView<Shape<K>, S, Device> dy,
                       LossSums* sums) {
    check_labels<Device>("NegativeLogLikelihood", labels.first(y.samples()), K);
    Parallel<Device>::template sum_of_rows<S>(
        workspace, y.samples(), std::integral_constant<std::size_t, K>{},
        detail::NegativeLogLikelihoodRow<S, K>{{sums, y.samples()}, y.data(), labels.data(), scale, dy.data()});
  }

  /// The same with options, without smoothing: Σₙ −w_label y[n, label]. A sample whose label is ignored adds nothing and has
  /// gradient 0. The weights w_label are added up in sums->weight.
  template <class S, std::size_t K>
  static void evaluate(Workspace<Device>& workspace, BatchView<Shape<K>, const S, Device> y,
                       std::span<const std::int32_t> labels, const LabelOptions<S>& options, S scale,
                       BatchView<Shape<K>, S, Device> dy, LossSums* sums) {
    check_labels<Device>("NegativeLogLikelihood", labels.first(y.samples()), K,
                         options.ignores ? &options.ignored : nullptr);
    Parallel<Device>::template sum_of_rows<S>(
        workspace, y.samples(), std::integral_constant<std::size_t, K>{},
        detail::WeightedNegativeLogLikelihoodRow<S, K>{
            {sums, options.has_weights()}, y.data(), labels.data(), options, scale, dy.data()});
  }
};

}  // namespace odot::kernels
