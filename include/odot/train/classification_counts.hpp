#pragma once
// SPDX-License-Identifier: MIT
// ClassificationCounts: samples by class and outcome, and the scores that follow from their numbers.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"

namespace odot {

struct ClassificationOptions {
  std::size_t top = 5;                            ///< how many classes the label may be among, for top_accuracy
  std::size_t bins = 15;                          ///< of equal width, for the calibration
  std::optional<std::int32_t> ignore_index = {};  ///< the label of samples that do not count
};

/// Shares from 0 to 1 and a number of samples.
struct ClassScores {
  double precision = 0;       ///< of the samples that were taken for the class, the share that is of it
  double recall = 0;          ///< of the class's samples, the share that was taken for it
  double f1 = 0;              ///< 2 · precision · recall / (precision + recall)
  std::uint64_t samples = 0;  ///< of the class
};

/// The samples whose confidence, the probability of the most probable class, lies in ((b − 1)/bins, b/bins].
struct CalibrationBin {
  std::uint64_t samples = 0;
  double confidence = 0, accuracy = 0;  ///< means over the samples, from 0 to 1; 0 without samples
};

/// Counts samples by class and outcome. Precision, recall and F1 are 0 where they would be 0/0, as scikit-learn's with
/// zero_division=0: a class that no sample was taken for has precision 0, one without samples recall 0.
/// The class that a sample is taken for is the first of its largest outputs. A sample with NaN among them has no largest one:
/// it is taken for no class, and counts as missed, as in a loss's accuracy.
/// Source  same convention as sklearn.metrics.classification_report; Guo et al., "On calibration of modern neural
///         networks", 2017, equation 3
class ClassificationCounts {
 public:
  /// Errors  ArgumentError: no classes, no bins, or a top of 0
  ODOT_COLD ODOT_FUNCTION explicit ClassificationCounts(std::size_t classes, ClassificationOptions options = {});

  /// Adds a sample by its outputs, logits or log-probabilities.
  /// Errors  ArgumentError: the number of outputs is not that of the classes; a label that is none of the classes
  ODOT_FUNCTION void add(std::span<const double> outputs, std::int32_t label);

  std::size_t classes() const { return classes_; }
  std::uint64_t samples() const { return samples_; }
  /// Samples of class `label` that were taken for class `predicted`.
  std::uint64_t confusion(std::size_t label, std::size_t predicted) const {
    return confusion_.at(label * classes_ + predicted);
  }
  /// Samples of class `label` that were taken for no class, because an output was NaN.
  std::uint64_t undecided(std::size_t label) const { return undecided_.at(label); }

  // Accuracies are in %, as everywhere, and NaN without samples.
  ODOT_FUNCTION double accuracy() const;
  /// Share of the samples whose label is among the `top` largest outputs; of equal ones the first count.
  double top_accuracy() const { return percent(top_hits_); }
  const ClassificationOptions& options() const { return options_; }

  ODOT_FUNCTION ClassScores of(std::size_t label) const;
  /// Means over the classes, each counting as one, or by their numbers of samples.
  ClassScores macro() const { return mean(false); }
  ClassScores weighted() const { return mean(true); }

  ODOT_FUNCTION std::vector<CalibrationBin> calibration() const;
  /// Expected calibration error: the mean of |accuracy − confidence| over the bins, by their samples; from 0 to 1.
  ODOT_FUNCTION double calibration_error() const;

 private:
  struct Bin {
    std::uint64_t samples = 0, hits = 0;
    double confidence = 0;  // Σ
  };

  ODOT_FUNCTION ClassScores mean(bool by_samples) const;
  double percent(std::uint64_t hits) const {
    return samples_ > 0 ? 100.0 * static_cast<double>(hits) / static_cast<double>(samples_)
                        : std::numeric_limits<double>::quiet_NaN();
  }
  static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

  std::size_t classes_;
  ClassificationOptions options_;
  std::vector<std::uint64_t> confusion_;  // [label, predicted]
  std::vector<std::uint64_t> undecided_;  // [label]
  std::vector<Bin> bins_;
  std::uint64_t samples_ = 0, top_hits_ = 0;
};

#if ODOT_DEFINITIONS

ClassificationCounts::ClassificationCounts(std::size_t classes, ClassificationOptions options)
    : classes_(classes), options_(options), confusion_(classes * classes), undecided_(classes), bins_(options.bins) {
  if (classes == 0 || options.bins == 0 || options.top == 0)
    throw ArgumentError("odot::ClassificationReport: expected at least one class, one bin and a top of 1, found " +
                        std::to_string(classes) + " classes, " + std::to_string(options.bins) + " bins and a top of " +
                        std::to_string(options.top));
}

void ClassificationCounts::add(std::span<const double> outputs, std::int32_t label) {
  if (label == options_.ignore_index) return;
  if (outputs.size() != classes_ || label < 0 || static_cast<std::size_t>(label) >= classes_)
    throw ArgumentError("odot::ClassificationReport: expected " + std::to_string(classes_) +
                        " outputs and a label from 0 to " + std::to_string(classes_ - 1) + ", found " +
                        std::to_string(outputs.size()) + " outputs and label " + std::to_string(label));
  const auto own = static_cast<std::size_t>(label);
  ++samples_;
  if (std::any_of(outputs.begin(), outputs.end(), [](double y) { return std::isnan(y); })) {
    ++undecided_[own];
    return;
  }
  std::size_t predicted = 0, before = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    const double y = outputs[k];
    if (y > outputs[predicted]) predicted = k;
    before += k != own && (y > outputs[own] || (y == outputs[own] && k < own));
  }
  double sum = 0;
  for (const double y : outputs) sum += std::exp(y - outputs[predicted]);
  const double confidence = 1 / sum, place = std::ceil(confidence * static_cast<double>(options_.bins));
  const bool hit = predicted == own;
  ++confusion_[own * classes_ + predicted];
  top_hits_ += before < options_.top;
  if (!(place >= 1)) return;  // NaN: an infinite output has no confidence
  Bin& bin = bins_[(std::min)(static_cast<std::size_t>(place), options_.bins) - 1];
  ++bin.samples;
  bin.hits += hit;
  bin.confidence += confidence;
}

double ClassificationCounts::accuracy() const {
  std::uint64_t hits = 0;
  for (std::size_t k = 0; k < classes_; ++k) hits += confusion(k, k);
  return percent(hits);
}

ClassScores ClassificationCounts::of(std::size_t label) const {
  std::uint64_t samples = undecided(label), taken = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    samples += confusion(label, k);
    taken += confusion(k, label);
  }
  const auto hits = static_cast<double>(confusion(label, label));
  // 2 p r / (p + r) = 2 hits / (samples + taken)
  return {ratio(hits, static_cast<double>(taken)), ratio(hits, static_cast<double>(samples)),
          ratio(2 * hits, static_cast<double>(samples + taken)), samples};
}

ClassScores ClassificationCounts::mean(bool by_samples) const {
  ClassScores total;
  double weights = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    const ClassScores scores = of(k);
    const double weight = by_samples ? static_cast<double>(scores.samples) : 1;
    total.precision += weight * scores.precision;
    total.recall += weight * scores.recall;
    total.f1 += weight * scores.f1;
    weights += weight;
  }
  return {ratio(total.precision, weights), ratio(total.recall, weights), ratio(total.f1, weights), samples_};
}

std::vector<CalibrationBin> ClassificationCounts::calibration() const {
  std::vector<CalibrationBin> result;
  for (const Bin& bin : bins_) {
    const auto count = static_cast<double>(bin.samples);
    result.push_back({bin.samples, ratio(bin.confidence, count), ratio(static_cast<double>(bin.hits), count)});
  }
  return result;
}

double ClassificationCounts::calibration_error() const {
  double error = 0, samples = 0;
  for (const CalibrationBin& bin : calibration()) {
    error += static_cast<double>(bin.samples) * std::abs(bin.accuracy - bin.confidence);
    samples += static_cast<double>(bin.samples);
  }
  return samples > 0 ? error / samples : std::numeric_limits<double>::quiet_NaN();
}

#endif

}  // namespace odot
