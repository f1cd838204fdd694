#pragma once
// SPDX-License-Identifier: MIT
// ClassificationReport: how well a network tells classes apart, and how far its probabilities can be trusted.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/loader.hpp"
#include "odot/io/csv_field.hpp"
#include "odot/io/write_file.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pieces.hpp"

namespace odot {

struct ClassificationOptions {
  std::size_t top = 5;    ///< for top_accuracy: among how many of the largest outputs the label's must be
  std::size_t bins = 15;  ///< of equal width, for the calibration
  std::optional<std::int32_t> ignore_index = {};  ///< the label of samples that do not count
};

/// Shares from 0 to 1 and a number of samples.
struct ClassScores {
  double precision = 0;       ///< of the samples predicted as the class, the share that belongs to it
  double recall = 0;          ///< of the class's samples, the share predicted as it
  double f1 = 0;              ///< 2 · precision · recall / (precision + recall)
  std::uint64_t samples = 0;  ///< of the class
};

/// The samples whose confidence, the probability of the most probable class, lies in ((b − 1)/bins, b/bins].
struct CalibrationBin {
  std::uint64_t samples = 0;
  double confidence = 0, accuracy = 0;  ///< means over the samples, from 0 to 1; 0 without samples
};

/// Counts samples by class and outcome. Precision, recall and F1 are 0 where they would be 0/0, as in scikit-learn with
/// zero_division=0: a class that was never predicted has precision 0, a class without samples recall 0.
/// The predicted class is the first of a sample's largest outputs; NaN counts as the largest.
/// Source  same convention as sklearn.metrics.classification_report; Guo et al., "On calibration of modern neural
///         networks", 2017, equation 3
class ClassificationReport {
 public:
  /// Errors  ArgumentError: no classes, no bins, or a top of 0
  ODOT_COLD ODOT_FUNCTION explicit ClassificationReport(std::size_t classes, ClassificationOptions options = {});

  /// Adds a sample by its outputs, logits or log-probabilities.
  /// Errors  ArgumentError: not one output per class; a label outside the classes
  ODOT_FUNCTION void add(std::span<const double> outputs, std::int32_t label);

  std::size_t classes() const { return classes_; }
  std::uint64_t samples() const { return samples_; }
  /// Samples of class `label` that were predicted as class `predicted`.
  std::uint64_t confusion(std::size_t label, std::size_t predicted) const {
    return confusion_.at(label * classes_ + predicted);
  }

  // Accuracies are in %, as everywhere, and NaN without samples.
  ODOT_FUNCTION double accuracy() const;
  /// Share of the samples whose label is among the `top` largest outputs; of equal outputs, the first classes' count.
  double top_accuracy() const { return percent(top_hits_); }
  const ClassificationOptions& options() const { return options_; }

  ODOT_FUNCTION ClassScores of(std::size_t label) const;
  /// Means over the classes: all with the same weight, or weighted by their numbers of samples.
  ClassScores macro() const { return mean(false); }
  ClassScores weighted() const { return mean(true); }

  ODOT_FUNCTION std::vector<CalibrationBin> calibration() const;
  /// Expected calibration error: the mean of |accuracy − confidence| over the bins, weighted by their samples; from 0
  /// to 1.
  ODOT_FUNCTION double calibration_error() const;

  /// A table of all classes and a line of figures for the whole set. Without names, classes are numbers.
  ODOT_COLD ODOT_FUNCTION std::string text(const std::vector<std::string>& names = {}) const;

  /// Writes metrics.csv (one row), classes.csv (one row per class), confusion.csv (rows: labels, columns: predicted
  /// classes) and calibration.csv (one row per bin) to a folder.
  /// Errors  FileError: the folder can't be created, or a file can't be written
  ODOT_COLD ODOT_FUNCTION void write(const std::filesystem::path& folder,
                                     const std::vector<std::string>& names = {}) const;

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
  ODOT_COLD ODOT_FUNCTION std::string name(const std::vector<std::string>& names, std::size_t label) const;

  std::size_t classes_;
  ClassificationOptions options_;
  std::vector<std::uint64_t> confusion_;  // [label, predicted]
  std::vector<Bin> bins_;
  std::uint64_t samples_ = 0, top_hits_ = 0;
};

#if ODOT_DEFINITIONS

ClassificationReport::ClassificationReport(std::size_t classes, ClassificationOptions options)
    : classes_(classes), options_(options), confusion_(classes * classes), bins_(options.bins) {
  if (classes == 0 || options.bins == 0 || options.top == 0)
    throw ArgumentError("odot::ClassificationReport: expected at least one class, one bin and a top of 1, found " +
                        std::to_string(classes) + " classes, " + std::to_string(options.bins) + " bins and a top of " +
                        std::to_string(options.top));
}

void ClassificationReport::add(std::span<const double> outputs, std::int32_t label) {
  if (label == options_.ignore_index) return;
  if (outputs.size() != classes_ || label < 0 || static_cast<std::size_t>(label) >= classes_)
    throw ArgumentError("odot::ClassificationReport: expected " + std::to_string(classes_) +
                        " outputs and a label from 0 to " + std::to_string(classes_ - 1) + ", found " +
                        std::to_string(outputs.size()) + " outputs and label " + std::to_string(label));
  const auto own = static_cast<std::size_t>(label);
  std::size_t predicted = 0, before = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    const double y = outputs[k];
    if (!std::isnan(outputs[predicted]) && !(y <= outputs[predicted])) predicted = k;
    before += k != own && !(y < outputs[own] || (y == outputs[own] && k > own));
  }
  double sum = 0;
  for (const double y : outputs) sum += std::exp(y - outputs[predicted]);
  const double confidence = 1 / sum, place = std::ceil(confidence * static_cast<double>(options_.bins));
  const bool hit = predicted == own;
  ++samples_;
  ++confusion_[own * classes_ + predicted];
  top_hits_ += before < options_.top;
  if (!(place >= 1)) return;  // NaN has no confidence
  Bin& bin = bins_[(std::min)(static_cast<std::size_t>(place), options_.bins) - 1];
  ++bin.samples;
  bin.hits += hit;
  bin.confidence += confidence;
}

double ClassificationReport::accuracy() const {
  std::uint64_t hits = 0;
  for (std::size_t k = 0; k < classes_; ++k) hits += confusion(k, k);
  return percent(hits);
}

ClassScores ClassificationReport::of(std::size_t label) const {
  std::uint64_t samples = 0, taken = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    samples += confusion(label, k);
    taken += confusion(k, label);
  }
  const auto hits = static_cast<double>(confusion(label, label));
  // 2 p r / (p + r) = 2 hits / (samples + taken)
  return {ratio(hits, static_cast<double>(taken)), ratio(hits, static_cast<double>(samples)),
          ratio(2 * hits, static_cast<double>(samples + taken)), samples};
}

ClassScores ClassificationReport::mean(bool by_samples) const {
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

std::vector<CalibrationBin> ClassificationReport::calibration() const {
  std::vector<CalibrationBin> result;
  for (const Bin& bin : bins_) {
    const auto count = static_cast<double>(bin.samples);
    result.push_back({bin.samples, ratio(bin.confidence, count), ratio(static_cast<double>(bin.hits), count)});
  }
  return result;
}

double ClassificationReport::calibration_error() const {
  double error = 0, samples = 0;
  for (const CalibrationBin& bin : calibration()) {
    error += static_cast<double>(bin.samples) * std::abs(bin.accuracy - bin.confidence);
    samples += static_cast<double>(bin.samples);
  }
  return samples > 0 ? error / samples : std::numeric_limits<double>::quiet_NaN();
}

std::string ClassificationReport::name(const std::vector<std::string>& names, std::size_t label) const {
  return label < names.size() ? names[label] : std::to_string(label);
}

std::string ClassificationReport::text(const std::vector<std::string>& names) const {
  const auto characters = [](const std::string& t) {
    return static_cast<std::size_t>(std::count_if(t.begin(), t.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  };
  std::size_t width = 8;  // of "weighted"
  for (std::size_t k = 0; k < classes_; ++k) width = (std::max)(width, characters(name(names, k)));
  const auto right = [](std::string field, std::size_t columns) {
    return std::string(columns - (std::min)(columns, field.size()), ' ') + field;
  };
  const auto line = [&](const std::string& first, const std::vector<std::string>& fields) {
    std::string row = first + std::string(width - characters(first), ' ');
    for (const std::string& field : fields) row += right(field, 11);
    return row + '\n';
  };
  const auto scores = [&](const std::string& first, const ClassScores& s) {
    return line(first, {number_text::fixed(s.precision, 4), number_text::fixed(s.recall, 4),
                        number_text::fixed(s.f1, 4), std::to_string(s.samples)});
  };
  std::string table = line("class", {"precision", "recall", "F1", "samples"});
  for (std::size_t k = 0; k < classes_; ++k) table += scores(name(names, k), of(k));
  table += scores("macro", macro()) + scores("weighted", weighted());
  return table + "accuracy " + number_text::fixed(accuracy(), 2) + " %, top " + std::to_string(options_.top) + ' ' +
         number_text::fixed(top_accuracy(), 2) + " %, calibration error " + number_text::fixed(calibration_error(), 4) +
         " (" + std::to_string(options_.bins) + " bins)\n";
}

void ClassificationReport::write(const std::filesystem::path& folder, const std::vector<std::string>& names) const {
  const auto digits = [](double value) { return std::isnan(value) ? "" : number_text::general(value, 9); };
  const auto scores = [&](const ClassScores& s) {
    return digits(s.precision) + ',' + digits(s.recall) + ',' + digits(s.f1) + ',' + std::to_string(s.samples) + '\n';
  };
  io::create_folder(folder);
  const ClassScores all = macro(), by_samples = weighted();
  io::write_file(folder / "metrics.csv",
                 "samples,accuracy,top,top_accuracy,macro_precision,macro_recall,macro_f1,weighted_f1,"
                 "calibration_error\n" +
                     std::to_string(samples_) + ',' + digits(accuracy()) + ',' + std::to_string(options_.top) + ',' +
                     digits(top_accuracy()) + ',' + digits(all.precision) + ',' + digits(all.recall) + ',' +
                     digits(all.f1) + ',' + digits(by_samples.f1) + ',' + digits(calibration_error()) + '\n');
  std::string table = "class,precision,recall,f1,samples\n", matrix = "label",
              bins = "up_to,samples,confidence,accuracy\n";
  for (std::size_t k = 0; k < classes_; ++k) {
    const std::string field = io::csv_field(name(names, k));
    table += field + ',' + scores(of(k));
    matrix += ',' + field;
  }
  matrix += '\n';
  for (std::size_t label = 0; label < classes_; ++label) {
    matrix += io::csv_field(name(names, label));
    for (std::size_t k = 0; k < classes_; ++k) matrix += ',' + std::to_string(confusion(label, k));
    matrix += '\n';
  }
  const std::vector<CalibrationBin> found = calibration();
  for (std::size_t b = 0; b < found.size(); ++b)
    bins += digits(static_cast<double>(b + 1) / static_cast<double>(found.size())) + ',' +
            std::to_string(found[b].samples) + ',' + digits(found[b].confidence) + ',' + digits(found[b].accuracy) +
            '\n';
  io::write_file(folder / "classes.csv", table);
  io::write_file(folder / "confusion.csv", matrix);
  io::write_file(folder / "calibration.csv", bins);
}

#endif

/// A network's outputs on a set of labelled samples, in evaluation.
/// Errors  compile time: outputs whose rank is not 1; a set without labels
///         ArgumentError: an empty set; a label for which the network has no output
template <class Model, class Device, class Scalar, class Set>
ClassificationReport classification_report(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                                           const Set& set, const ClassificationOptions& options = {}) {
  using Out = typename Model::output_shape;
  using Loader = data::Loader<Set, Scalar, Device>;
  constexpr bool classes = Out::rank == 1,
                 labels = std::is_same_v<typename Loader::target, std::int32_t> && Loader::targets == 1;
  static_assert(classes, "odot::classification_report: the model's output must be rank 1, [classes]");
  static_assert(labels, "odot::classification_report: the set's targets must be labels, one per sample");
  ClassificationReport report(Out::size, options);
  if constexpr (classes && labels) {
    Loader loader(set, nn::Pieces<Device>::evaluated(set.size()));
    Batch<Out, Scalar, Device> y(loader.size(0));
    std::vector<double> sample(Out::size);
    for (std::size_t b = 0; b < loader.count(); ++b) {
      const auto batch = loader.load(b, workspace);
      y.resize(batch.x.samples());
      network.predict(batch.x, y, workspace, batch.lengths);
      const auto outputs = on_host<Device>(std::span<const Scalar>(y.span()));
      const auto targets = on_host<Device>(batch.targets);
      for (std::size_t n = 0; n < batch.x.samples(); ++n) {
        std::copy_n(outputs.begin() + static_cast<std::ptrdiff_t>(n * Out::size), Out::size, sample.begin());
        report.add(sample, targets[n]);
      }
    }
  }
  return report;
}

}  // namespace odot
