#pragma once
// SPDX-License-Identifier: MIT
// ClassificationReport: how well a network tells classes apart, and how far its probabilities can be trusted.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/loader.hpp"
#include "odot/io/csv_field.hpp"
#include "odot/io/write_file.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pieces.hpp"
#include "odot/train/classification_counts.hpp"

namespace odot {

/// The counts and scores as a text and as tables.
class ClassificationReport : public ClassificationCounts {
 public:
  using ClassificationCounts::ClassificationCounts;

  /// A table of all classes and a line of what they have in common, and before it, if there are any, the number of samples
  /// that were taken for no class. Without names, classes are numbers.
  ODOT_COLD ODOT_FUNCTION std::string text(const std::vector<std::string>& names = {}) const;

  /// Writes metrics.csv (one row), classes.csv (one row per class), confusion.csv (rows: labels, columns: predicted
  /// classes) and calibration.csv (one row per bin) to a folder.
  /// Errors  FileError: the folder can't be created, or a file can't be written
  ODOT_COLD ODOT_FUNCTION void write(const std::filesystem::path& folder,
                                     const std::vector<std::string>& names = {}) const;

 private:
  ODOT_COLD ODOT_FUNCTION static std::string name(const std::vector<std::string>& names, std::size_t label);
};

#if ODOT_DEFINITIONS

std::string ClassificationReport::name(const std::vector<std::string>& names, std::size_t label) {
  return label < names.size() ? names[label] : std::to_string(label);
}

std::string ClassificationReport::text(const std::vector<std::string>& names) const {
  const auto characters = [](const std::string& t) {
    return static_cast<std::size_t>(std::count_if(t.begin(), t.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  };
  std::size_t width = 8;  // of "weighted"
  for (std::size_t k = 0; k < classes(); ++k) width = (std::max)(width, characters(name(names, k)));
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
  for (std::size_t k = 0; k < classes(); ++k) table += scores(name(names, k), of(k));
  table += scores("macro", macro()) + scores("weighted", weighted());
  std::uint64_t without_class = 0;
  for (std::size_t k = 0; k < classes(); ++k) without_class += undecided(k);
  if (without_class > 0)
    table += "taken for no class, because an output is NaN: " + std::to_string(without_class) + " samples\n";
  return table + "accuracy " + number_text::fixed(accuracy(), 2) + " %, top " + std::to_string(options().top) + ' ' +
         number_text::fixed(top_accuracy(), 2) + " %, calibration error " + number_text::fixed(calibration_error(), 4) +
         " (" + std::to_string(options().bins) + " bins)\n";
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
                     std::to_string(samples()) + ',' + digits(accuracy()) + ',' + std::to_string(options().top) + ',' +
                     digits(top_accuracy()) + ',' + digits(all.precision) + ',' + digits(all.recall) + ',' +
                     digits(all.f1) + ',' + digits(by_samples.f1) + ',' + digits(calibration_error()) + '\n');
  std::string table = "class,precision,recall,f1,samples\n", matrix = "label",
              bins = "up_to,samples,confidence,accuracy\n";
  for (std::size_t k = 0; k < classes(); ++k) {
    const std::string field = io::csv_field(name(names, k));
    table += field + ',' + scores(of(k));
    matrix += ',' + field;
  }
  matrix += '\n';
  for (std::size_t label = 0; label < classes(); ++label) {
    matrix += io::csv_field(name(names, label));
    for (std::size_t k = 0; k < classes(); ++k) matrix += ',' + std::to_string(confusion(label, k));
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

namespace detail {

/// Calls each(number of the sample, outputs, label) for all samples of a set. What depends on the model is in `predict`
/// alone, so that a program with many models has this once.
template <ShapeType Out, class Loader, class Scalar, class Device, class Set>
void each_output(const Set& set, Workspace<Device>& workspace,
                 const std::function<void(const decltype(std::declval<Loader&>().load(0, workspace))&,
                                          Batch<Out, Scalar, Device>&)>& predict,
                 const std::function<void(std::size_t, std::span<const double>, std::int32_t)>& each) {
  Loader loader(set, nn::Pieces<Device>::evaluated(set.size()));
  Batch<Out, Scalar, Device> y(loader.size(0));
  std::vector<double> sample(Out::size);
  std::size_t number = 0;
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    y.resize(batch.x.samples());
    predict(batch, y);
    const auto outputs = on_host<Device>(std::span<const Scalar>(y.span()));
    const auto targets = on_host<Device>(batch.targets);
    for (std::size_t n = 0; n < batch.x.samples(); ++n) {
      std::copy_n(outputs.begin() + static_cast<std::ptrdiff_t>(n * Out::size), Out::size, sample.begin());
      each(number++, sample, targets[n]);
    }
  }
}

struct NothingElse {
  void operator()(std::size_t, std::span<const double>, std::int32_t) const {}
};

}  // namespace detail

/// A network's outputs on a set of labelled samples, in evaluation. Calls also(number of the sample, outputs, label) for
/// each of them, in order: Mistakes of train/mistakes.hpp, or your own.
/// Errors  compile time: outputs whose rank is not 1; a set without labels
///         ArgumentError: an empty set; a label for which the network has no output
template <class Model, class Device, class Scalar, class Set, class Also = const detail::NothingElse>
ClassificationReport classification_report(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                                           const Set& set, const ClassificationOptions& options = {},
                                           Also&& also = {}) {
  using Out = typename Model::output_shape;
  using Loader = data::Loader<Set, Scalar, Device>;
  constexpr bool classes = Out::rank == 1,
                 labels = std::is_same_v<typename Loader::target, std::int32_t> && Loader::targets == 1;
  static_assert(classes, "odot::classification_report: the model's output must be rank 1, [classes]");
  static_assert(labels, "odot::classification_report: the set's targets must be labels, one per sample");
  ClassificationReport report(Out::size, options);
  if constexpr (classes && labels)
    detail::each_output<Out, Loader, Scalar, Device>(
        set, workspace,
        [&](const auto& batch, Batch<Out, Scalar, Device>& y) {
          network.predict(batch.x, y, workspace, batch.lengths);
        },
        [&](std::size_t number, std::span<const double> outputs, std::int32_t label) {
          report.add(outputs, label);
          also(number, outputs, label);
        });
  return report;
}

}  // namespace odot
