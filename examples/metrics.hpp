#pragma once
// SPDX-License-Identifier: MIT
// What a trained classifier is like, class by class: for --metrics and for the run's page, by one pass over the samples.

#include "record/run_record.hpp"

#include <odot/core/number_text.hpp>
#include <odot/core/shape.hpp>
#include <odot/data/dataset.hpp>
#include <odot/train/classification_report.hpp>
#include <odot/train/mistakes.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace trainer {

inline constexpr std::size_t shown_mistakes = 24, shown_sequences = 9;

/// The mistakes as pictures.
template <odot::ShapeType S>
void add_mistakes(RunRecord& record, const odot::Mistakes& mistakes, const odot::data::Dataset<S>& set) {
  record.add_mistakes(
      mistakes, ImageExtents{S::extents[0], S::extents[1], S::extents[2]},
      [&](std::size_t n) { return std::span<const std::uint8_t>(set.sample(n)); }, set.classes);
}
/// The mistakes as curves, without the padding.
template <odot::ShapeType S>
void add_mistakes(RunRecord& record, const odot::Mistakes& mistakes, const odot::data::Sequences<S>& set) {
  record.add_mistakes(
      mistakes, S::extents[1],
      [&](std::size_t n) {
        const std::size_t tokens = set.lengths.empty() ? S::extents[0] : static_cast<std::size_t>(set.lengths[n]);
        return std::span<const float>(set.sample(n)).first(tokens * S::extents[1]);
      },
      set.classes);
}

/// The end of the result line, after a table, and files and sections of the page if there is a folder; empty without
/// `metrics`, which asks for more than the page's matrix.
inline std::string add_metrics(RunRecord& record, const odot::ClassificationReport& report,
                               const std::vector<std::string>& classes, bool metrics) {
  record.add_classes(report, classes, metrics);
  if (!metrics) return "";
  record.print("%s", report.text(classes).c_str());
  record.attempt([&](const std::filesystem::path& folder) { report.write(folder, classes); });
  const auto fixed = [](double value, int digits) { return odot::number_text::fixed(value, digits); };
  return " macro_f1=" + fixed(report.macro().f1, 4) + " top" + std::to_string(report.options().top) + "=" +
         fixed(report.top_accuracy(), 2) + " calibration_error=" + fixed(report.calibration_error(), 4);
}

template <class Network, class Set>
std::string report_metrics(const Network& network, auto& workspace, const Set& test, bool metrics, RunRecord& record) {
  if (!metrics && !record.active()) return "";
  odot::Mistakes mistakes(Set::shape::rank == 3 ? shown_mistakes : shown_sequences);
  const auto report = odot::classification_report(network, workspace, test, {}, mistakes);
  const std::string line = add_metrics(record, report, test.classes, metrics);
  add_mistakes(record, mistakes, test);
  return line;
}

}  // namespace trainer
