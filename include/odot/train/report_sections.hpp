#pragma once
// SPDX-License-Identifier: MIT
// Sections of a Report about a training: its curves, and how well the network tells classes apart.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/number_text.hpp"
#include "odot/events/events.hpp"
#include "odot/io/report.hpp"
#include "odot/train/classification_counts.hpp"
#include "odot/train/mistakes.hpp"

namespace odot {

/// A class by its name, or by its number where it has none.
inline std::string class_name(const std::vector<std::string>& names, std::size_t label) {
  return label < names.size() ? names[label] : std::to_string(label);
}

/// The loss and, where there is one, the accuracy by epoch, in training and on fit's second set, which `test_name` names.
ODOT_COLD ODOT_FUNCTION std::vector<io::LineChart> epoch_charts(const std::vector<EpochEvent>& epochs,
                                                                const std::string& test_name = "test");

struct ClassSections {
  bool confidence = true;                ///< top-k accuracy and calibration too
  std::size_t largest_matrix = 30;       ///< classes; of more, only the most frequent confusions are shown
  std::size_t most_confusions = 10;      ///< pairs of classes
  std::string samples = "test samples";  ///< what has been counted
};

/// Adds the confusion matrix, the classes that are confused most often, precision, recall and F1 of each class, and how far
/// the probabilities can be trusted.
ODOT_COLD ODOT_FUNCTION void add_classes(io::Report& report, const ClassificationCounts& counts,
                                         const std::vector<std::string>& names = {}, const ClassSections& options = {});

/// A mistake in two lines, for below its picture: the label and what it was taken for, with their probabilities.
ODOT_COLD ODOT_FUNCTION std::string mistake_caption(const Mistake& mistake, const std::vector<std::string>& names);

#if ODOT_DEFINITIONS

namespace detail {

/// A share from 0 to 1 in per cent.
inline std::string percent(double share) { return number_text::fixed(100 * share, 1) + " %"; }

inline void add_confusions(io::Report& report, const ClassificationCounts& counts,
                           const std::vector<std::string>& names, std::size_t most) {
  struct Pair {
    std::uint64_t count;
    std::size_t label, predicted;
  };
  std::vector<Pair> pairs;
  for (std::size_t label = 0; label < counts.classes(); ++label)
    for (std::size_t k = 0; k < counts.classes(); ++k)
      if (k != label && counts.confusion(label, k) > 0) pairs.push_back({counts.confusion(label, k), label, k});
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tuple(b.count, a.label, a.predicted) < std::tuple(a.count, b.label, b.predicted);
  });
  if (pairs.empty()) return;
  const std::size_t shown = (std::min)(pairs.size(), most);
  io::ReportTable table{"", {"class", "taken for", "samples", "share"}, {}};
  for (std::size_t i = 0; i < shown; ++i) {
    const Pair& p = pairs[i];
    table.rows.push_back({class_name(names, p.label), class_name(names, p.predicted), std::to_string(p.count),
                          percent(static_cast<double>(p.count) / static_cast<double>(counts.of(p.label).samples))});
  }
  report.heading("The most frequent confusions").table(table);
}

inline void add_scores(io::Report& report, const ClassificationCounts& counts, const std::vector<std::string>& names) {
  io::ReportTable table{"", {"class", "precision", "recall", "F1", "samples"}, {}};
  const auto row = [&](const std::string& name, const ClassScores& s) {
    table.rows.push_back({name, percent(s.precision), percent(s.recall), percent(s.f1), std::to_string(s.samples)});
  };
  for (std::size_t k = 0; k < counts.classes(); ++k) row(class_name(names, k), counts.of(k));
  row("macro", counts.macro());
  row("weighted", counts.weighted());
  report.heading("Scores of the classes").table(table);
}

inline void add_confidence(io::Report& report, const ClassificationCounts& counts) {
  const ClassificationOptions& options = counts.options();
  report.heading("Confidence")
      .facts(
          {{"label among the " + std::to_string((std::min)(options.top, counts.classes())) + " most probable classes",
            number_text::fixed(counts.top_accuracy(), 2) + " %"},
           {"expected calibration error",
            number_text::fixed(counts.calibration_error(), 4) + " (" + std::to_string(options.bins) + " bins)"}});
  std::vector<std::pair<double, double>> found;
  for (const CalibrationBin& bin : counts.calibration())
    if (bin.samples > 0) found.emplace_back(100 * bin.confidence, 100 * bin.accuracy);
  io::LineChart chart("accuracy by confidence, %", "probability of the predicted class, %");
  chart.resize(400, 260)
      .add("this network", std::move(found), true)
      .add("as sure as it should be", {{0, 0}, {100, 100}});
  report.charts({chart});
}

}  // namespace detail

std::vector<io::LineChart> epoch_charts(const std::vector<EpochEvent>& epochs, const std::string& test_name) {
  using Points = std::vector<std::pair<double, double>>;
  const auto points = [&](double EpochEvent::* of) {
    Points all;
    for (const EpochEvent& e : epochs)
      if (std::isfinite(e.*of)) all.emplace_back(static_cast<double>(e.epoch), e.*of);
    return all;
  };
  const bool dots = epochs.size() <= 40;
  const auto chart = [&](const char* title, double EpochEvent::* train, double EpochEvent::* test) {
    io::LineChart made(title, "epoch");
    made.resize(400, 260).add("training", points(train), dots).add(test_name, points(test), dots);
    return made;
  };
  const bool labelled = !epochs.empty() && !std::isnan(epochs.front().train_accuracy);
  std::vector<io::LineChart> charts{
      chart(labelled ? "mean loss, nats" : "mean loss", &EpochEvent::mean_loss, &EpochEvent::test_loss)};
  if (labelled) charts.push_back(chart("accuracy, %", &EpochEvent::train_accuracy, &EpochEvent::test_accuracy));
  return charts;
}

void add_classes(io::Report& report, const ClassificationCounts& counts, const std::vector<std::string>& names,
                 const ClassSections& options) {
  const std::size_t classes = counts.classes();
  report.text(number_text::fixed(counts.accuracy(), 2) + " % of " + std::to_string(counts.samples()) + " " +
              options.samples + " are taken for their class.");
  std::uint64_t undecided = 0;
  for (std::size_t k = 0; k < classes; ++k) undecided += counts.undecided(k);
  if (undecided > 0)
    report.notice(std::to_string(undecided) + " samples are taken for no class, because an output is NaN.");
  if (classes <= options.largest_matrix) {
    io::ReportMatrix matrix{
        "Rows: what the samples are. Columns: what they are taken for. The stronger the colour, the larger the share "
        "of the row.",
        {},
        {},
        {}};
    for (std::size_t label = 0; label < classes; ++label) {
      matrix.rows.push_back(class_name(names, label));
      for (std::size_t k = 0; k < classes; ++k) matrix.counts.push_back(counts.confusion(label, k));
    }
    matrix.columns = matrix.rows;
    report.matrix(matrix);
  }
  report.columns({[&](io::Report& part) { detail::add_scores(part, counts, names); },
                  [&](io::Report& part) { detail::add_confusions(part, counts, names, options.most_confusions); }});
  if (options.confidence) detail::add_confidence(report, counts);
}

std::string mistake_caption(const Mistake& mistake, const std::vector<std::string>& names) {
  const auto part = [&](const char* as, std::int32_t label, double p) {
    const std::string share = p < 0.0005 ? "< 0.1" : number_text::fixed(100 * p, 1);
    return as + class_name(names, static_cast<std::size_t>(label)) + ", " + share + "\u00A0%";
  };
  return part("label ", mistake.label, mistake.label_probability) + "\n" +
         part("taken for ", mistake.predicted, mistake.predicted_probability);
}

#endif

}  // namespace odot
