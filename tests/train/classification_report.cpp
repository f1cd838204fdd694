// SPDX-License-Identifier: MIT
#include "odot/train/classification_report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/train/evaluate.hpp"
#include "support/hash_uniform.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Adds samples of `label` that are predicted as `predicted`, with a probability of 0.9 among three classes.
void add(ClassificationReport& report, std::int32_t label, std::size_t predicted, int times) {
  std::vector<double> outputs(3, std::log(0.05));
  outputs[predicted] = std::log(0.9);
  for (int i = 0; i < times; ++i) report.add(outputs, label);
}

}  // namespace

TEST_CASE("scores follow from counts, and are 0 where they would be 0/0") {
  ClassificationReport report(3, {.top = 2, .bins = 10});
  add(report, 0, 0, 6);
  add(report, 0, 1, 2);
  add(report, 1, 0, 3);
  add(report, 1, 1, 1);  // nothing is taken for class 2, and it has no samples
  CHECK(report.samples() == 12);
  CHECK(report.confusion(1, 0) == 3);
  CHECK(report.of(0).precision == 6.0 / 9);
  CHECK(report.of(0).recall == 6.0 / 8);
  CHECK(std::abs(report.of(0).f1 - 12.0 / 17) <= 1e-15);
  CHECK(report.of(0).samples == 8);
  CHECK(report.of(1).precision == 1.0 / 3);
  CHECK(report.of(1).recall == 0.25);
  CHECK(report.of(2).precision == 0);
  CHECK(report.of(2).recall == 0);
  CHECK(report.of(2).f1 == 0);
  CHECK(std::abs(report.macro().recall - 1.0 / 3) <= 1e-15);
  CHECK(std::abs(report.weighted().recall - 7.0 / 12) <= 1e-15);
  CHECK(std::abs(report.accuracy() - 700.0 / 12) <= 1e-12);
  // The second largest output is the first of equal ones: class 0 where 1 is taken, class 1 where 0 is.
  CHECK(report.top_accuracy() == 100);
  // All samples lie in the bin up to 0.9 (or, by rounding, 1): their accuracy is 7/12.
  CHECK(std::abs(report.calibration_error() - (0.9 - 7.0 / 12)) <= 1e-12);
  CHECK(std::isnan(ClassificationReport(3).accuracy()));
  CHECK(std::isnan(ClassificationReport(3).calibration_error()));
  CHECK(ClassificationReport(3).macro().f1 == 0);
}

TEST_CASE("top-k accuracy and calibration match their definitions") {
  constexpr std::size_t K = 7, N = 500, bins = 5;
  std::vector<ClassificationReport> reports;
  for (const std::size_t top : {1u, 3u, 7u, 20u})
    reports.emplace_back(K, ClassificationOptions{.top = top, .bins = bins});
  std::vector<double> hits(reports.size()), count(bins), right(bins), confidence(bins);
  for (std::size_t n = 0; n < N; ++n) {
    std::vector<double> y = hash_uniform(K, n * K);
    for (double& value : y) value = std::round(value * 8);  // with equal ones
    const auto label = static_cast<std::int32_t>(n * 5 % K);
    for (auto& report : reports) report.add(y, label);
    std::vector<std::size_t> order(K);
    for (std::size_t k = 0; k < K; ++k) order[k] = k;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return y[a] > y[b]; });
    const auto place = static_cast<std::size_t>(std::ranges::find(order, std::size_t(label)) - order.begin());
    for (std::size_t r = 0; r < reports.size(); ++r) hits[r] += place < reports[r].options().top;
    double sum = 0;
    for (const double value : y) sum += std::exp(value);
    const double p = std::exp(y[order[0]]) / sum;
    for (std::size_t b = 0; b < bins; ++b)
      if (p > static_cast<double>(b) / bins && p <= static_cast<double>(b + 1) / bins) {
        ++count[b];
        right[b] += place == 0;
        confidence[b] += p;
      }
  }
  for (std::size_t r = 0; r < reports.size(); ++r)
    CHECK(std::abs(reports[r].top_accuracy() - 100 * hits[r] / N) <= 1e-10);
  CHECK(reports[0].top_accuracy() == reports[0].accuracy());
  CHECK(reports[3].top_accuracy() == 100);
  double error = 0;
  for (std::size_t b = 0; b < bins; ++b) error += std::abs(right[b] - confidence[b]) / N;
  CHECK(std::abs(reports[0].calibration_error() - error) <= 1e-12);
  std::uint64_t all = 0;
  for (const CalibrationBin& bin : reports[0].calibration()) all += bin.samples;
  CHECK(all == N);
}

TEST_CASE("a sample with NaN among its outputs is taken for no class; outputs that are not finite have no confidence") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  ClassificationReport report(3, {.top = 3, .ignore_index = -1});
  report.add(std::vector<double>{0, nan, 5}, 2);
  report.add(std::vector<double>{0, nan, 5}, 1);
  CHECK(report.confusion(2, 2) + report.confusion(2, 1) + report.confusion(1, 1) == 0);
  CHECK(report.undecided(2) == 1);
  CHECK(report.accuracy() == 0);
  CHECK(report.top_accuracy() == 0);
  CHECK(std::isnan(report.calibration_error()));
  report.add(std::vector<double>{0, 1, infinity}, 2);
  CHECK(report.of(2).samples == 2);
  CHECK(report.of(2).recall == 0.5);
  CHECK(report.of(2).precision == 1);
  CHECK(report.of(1).recall == 0);
  CHECK(std::isnan(report.calibration_error()));
  CHECK(report.text().find("\ntaken for no class, because an output is NaN: 2 samples\n") != std::string::npos);
  report.add(std::vector<double>{0, 1, 2}, -1);  // ignored
  CHECK(report.samples() == 3);
  CHECK_THROWS_WITH_AS(report.add(std::vector<double>{0, 1, 2}, 3),
                       "odot::ClassificationReport: expected 3 outputs and a label from 0 to 2, found 3 outputs and "
                       "label 3",
                       ArgumentError);
  CHECK_THROWS_AS(report.add(std::vector<double>{0, 1}, 0), ArgumentError);
  CHECK_THROWS_AS(ClassificationReport(3, {.bins = 0}), ArgumentError);
}

TEST_CASE("a network's report has the accuracy of its evaluation") {
  const SmallSplit data = small_data(300, 1500);
  const SmallNetwork network{Seed{1}, nn::init::normal(0.1)};
  Workspace<Cpu> workspace(1);
  const ClassificationReport report = classification_report(network, workspace, data.test);
  CHECK(report.samples() == 1500);
  CHECK(report.accuracy() == evaluate(network, workspace, data.test).accuracy());
  CHECK(report.macro().f1 > 0);

  std::size_t next = 0, hits = 0;
  classification_report(network, workspace, data.test, {},
                        [&](std::size_t sample, std::span<const double> outputs, std::int32_t label) {
                          CHECK(sample == next++);
                          CHECK(label == data.test.targets[sample]);
                          hits += std::max_element(outputs.begin(), outputs.end()) - outputs.begin() == label;
                        });
  CHECK(next == 1500);
  CHECK(100.0 * static_cast<double>(hits) / 1500 == report.accuracy());
}

TEST_CASE("a network's report has the accuracy of its evaluation where outputs are NaN or infinite") {
  const SmallSplit data = small_data(300, 200);
  SmallNetwork network{Seed{1}, nn::init::normal(0.1)};
  Workspace<Cpu> workspace(1);
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    network.parameters()[9] = value;  // a weight of the first class: 0 · infinity is NaN
    const ClassificationReport report = classification_report(network, workspace, data.test);
    CHECK(report.samples() == 200);
    CHECK(report.accuracy() == evaluate(network, workspace, data.test).accuracy());
  }
  // Logits, of which one is NaN in some samples.
  Network<nn::Sequential<SmallImage, nn::Flatten, nn::Linear<10>>> logits{Seed{1}, nn::init::normal(0.1)};
  logits.parameters()[400] = 1e38f;
  logits.parameters()[401] = -1e38f;
  logits.parameters()[402] = 1e38f;
  for (float& bias : logits.parameters().last(10)) bias = 3e38f;
  const ClassificationReport report = classification_report(logits, workspace, data.test);
  CHECK(report.accuracy() == evaluate<nn::CrossEntropy>(logits, workspace, data.test).accuracy());
}

TEST_CASE("a report is a text and four tables") {
  ClassificationReport report(2, {.top = 1, .bins = 2});
  report.add(std::vector<double>{0, -1}, 0);
  report.add(std::vector<double>{0, -1}, 1);
  CHECK(report.text({"été", "a, \"b\""}) ==
        "class     precision     recall         F1    samples\n"
        "été          0.5000     1.0000     0.6667          1\n"
        "a, \"b\"       0.0000     0.0000     0.0000          1\n"
        "macro        0.2500     0.5000     0.3333          2\n"
        "weighted     0.2500     0.5000     0.3333          2\n"
        "accuracy 50.00 %, top 1 50.00 %, calibration error 0.2311 (2 bins)\n");
  const TemporaryFolder folder;
  report.write(folder.path() / "new", {"été", "a, \"b\""});
  CHECK(content(folder.path() / "new" / "metrics.csv") ==
        "samples,accuracy,top,top_accuracy,macro_precision,macro_recall,macro_f1,weighted_f1,calibration_error\n"
        "2,50,1,50,0.25,0.5,0.333333333,0.333333333,0.231058579\n");
  CHECK(content(folder.path() / "new" / "classes.csv") ==
        "class,precision,recall,f1,samples\nété,0.5,1,0.666666667,1\n\"a, \"\"b\"\"\",0,0,0,1\n");
  CHECK(content(folder.path() / "new" / "confusion.csv") ==
        "label,été,\"a, \"\"b\"\"\"\nété,1,0\n\"a, \"\"b\"\"\",1,0\n");
  CHECK(content(folder.path() / "new" / "calibration.csv") ==
        "up_to,samples,confidence,accuracy\n0.5,0,0,0\n1,2,0.731058579,0.5\n");
}
