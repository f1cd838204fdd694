#pragma once
// SPDX-License-Identifier: MIT
// The softmax cross-entropy.

#include <cmath>
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

}  // namespace detail

/// Negative log-likelihood of the labels under the softmax of the logits y: Σₙ log Σ_k exp(y[n, k]) − y[n, labelₙ], in the
/// stable form; the gradient in the same pass.
/// Shapes  y [N, K], labels [N] → *sums (added to)
/// Grad    dy[n, k] = scale · (softmax(y[n])_k − [k = labelₙ]) (overwritten; optional); scale = 1/N for the batch's mean
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
};

}  // namespace odot::kernels
