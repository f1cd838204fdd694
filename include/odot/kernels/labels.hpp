#pragma once
// SPDX-License-Identifier: MIT
// Labels: the class that each sample belongs to, and what a loss takes from a sample's outputs by it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "odot/core/config.hpp"
#include "odot/core/device.hpp"
#include "odot/core/error.hpp"
#include "odot/kernels/loss_sums.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {
/// Throws for the first label that is wrong, if there is one.
ODOT_COLD inline void refuse_labels(const char* loss, std::span<const std::int32_t> labels, std::size_t classes,
                                    const std::int32_t* ignored, std::size_t pixels) {
  std::size_t i = 0;
  while (i < labels.size() && (static_cast<std::uint32_t>(labels[i]) < classes || (ignored && labels[i] == *ignored)))
    ++i;
  if (i == labels.size()) return;
  const std::string pixel = pixels > 1 ? "pixel " + std::to_string(i % pixels) + " of " : "";
  throw ArgumentError(std::string("odot::") + loss + ": label of " + pixel + "sample " + std::to_string(i / pixels) +
                      ": expected 0 to " + std::to_string(classes - 1) + ", found " + std::to_string(labels[i]));
}
}  // namespace detail

/// Throws ArgumentError, in the name of `loss`, where a label is outside [0, classes), with its position. Labels in the
/// memory of a device that the host does not read pass: there a loss is NaN (Label). The label *ignored may be any
/// number. `pixels`: labels per sample.
template <class Device>
void check_labels([[maybe_unused]] const char* loss, [[maybe_unused]] std::span<const std::int32_t> labels,
                  [[maybe_unused]] std::size_t classes, [[maybe_unused]] const std::int32_t* ignored = nullptr,
                  [[maybe_unused]] std::size_t pixels = 1) {
  if constexpr (Device::host_accessible) {
    std::uint32_t most = 0;  // of a negative label: beyond all others
    for (const std::int32_t label : labels) most = (std::max)(most, static_cast<std::uint32_t>(label));
    if (most < classes) return;
    detail::refuse_labels(loss, labels, classes, ignored, pixels);
  }
}

namespace detail {

/// The label of a row of outputs [N, K].
struct Label {
  std::size_t index;
  bool valid;

  ODOT_HOST_DEVICE Label(std::int32_t label, std::size_t classes)
      : index(static_cast<std::size_t>(label)), valid(label >= 0 && index < classes) {}

  /// The loss and the hit of a sample, for LabelSums. It is a hit where the label's output is the largest one, and the
  /// first of those as large; where an output is NaN, there is no largest one. loss(output) is the loss by the label's
  /// output; it is NaN where there is no such output.
  template <class Row, class S, class Loss>
  ODOT_HOST_DEVICE Terms<double, 2> terms(const Row& row, const S* outputs, const Loss& loss) const {
    if (!valid) return kernels::terms(std::numeric_limits<double>::quiet_NaN(), 0.0);
    const S own = outputs[row.offset() + index];
    return kernels::terms(static_cast<double>(loss(own)), static_cast<double>(is_hit(row, outputs, own)));
  }

  /// Whether the label's output, `own`, is the first of the largest outputs.
  template <class Row, class S>
  ODOT_HOST_DEVICE bool is_hit(const Row& row, const S* outputs, S own) const {
    const bool missed = row.any([&](const auto& run) { return !(run.load(outputs) <= own); }) ||
                        row.any([&](const auto& run) { return run.load(outputs) == own && run.columns_before(index); });
    return !missed;
  }
};

/// The end of a loss over labelled rows: adds the sums of losses and hits to *sums. (A double counts without a fault.)
struct LabelSums {
  LossSums* sums;
  std::size_t samples;

  ODOT_HOST_DEVICE void finish(const Terms<double, 2>& totals) const {
    sums->loss += totals[0];
    sums->correct += static_cast<std::int64_t>(totals[1]);
    sums->samples += static_cast<std::int64_t>(samples);
    sums->labelled = true;
  }
};

/// The end of a loss whose samples have weights: sums of losses, hits, weights, and of the samples that count.
struct WeightedSums {
  LossSums* sums;
  bool weighted;  ///< whether the mean is weighted

  ODOT_HOST_DEVICE void finish(const Terms<double, 4>& totals) const {
    sums->loss += totals[0];
    sums->correct += static_cast<std::int64_t>(totals[1]);
    sums->weight += totals[2];
    sums->samples += static_cast<std::int64_t>(totals[3]);
    sums->labelled = true;
    sums->weighted = weighted;
  }
};

}  // namespace detail

/// A loss's options for labels.
template <class S>
struct LabelOptions {
  const S* weights = nullptr;  ///< [K], one per class, in the device's memory; null: all are 1
  S smoothing = 0;             ///< share of the probability that is spread evenly over all classes
  bool ignores = false;        ///< whether samples with the label `ignored` count for nothing
  std::int32_t ignored = 0;

  ODOT_HOST_DEVICE bool is_ignored(std::int32_t label) const { return ignores && label == ignored; }
  ODOT_HOST_DEVICE S weight_of(const detail::Label& label) const {
    return weights && label.valid ? weights[label.index] : S{1};
  }
  bool has_weights() const { return weights || ignores; }
};

}  // namespace odot::kernels
