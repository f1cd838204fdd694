// SPDX-License-Identifier: MIT
// Also of train/mistakes.hpp and train/mistake_pictures.hpp.
#include "odot/train/report_sections.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/train/mistake_pictures.hpp"
#include "odot/train/mistakes.hpp"

using namespace odot;
using io::Report;
using odot::test::says;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

Mistakes some_mistakes(std::size_t most) {
  Mistakes mistakes(most);
  mistakes(0, std::array{2.0, 0.0, 0.0}, 0);  // right
  mistakes(1, std::array{1.0, 0.0, 0.0}, 1);  // wrong by little
  mistakes(2, std::array{9.0, 0.0, 0.0}, 2);  // wrong by much
  mistakes(3, std::array{1.0, 0.0, 0.0}, 2);  // as sample 1
  mistakes(4, std::array{0.0, infinite, 0.0}, 2);
  mistakes(5, std::array{0.0, std::nan(""), 0.0}, 2);
  mistakes(6, std::array{5.0, 0.0, 0.0}, -100);  // a label that does not count
  return mistakes;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the worst mistakes are those with the largest losses, with their probabilities") {
  const Mistakes mistakes = some_mistakes(10);
  CHECK(mistakes.count() == 3);
  REQUIRE(mistakes.worst().size() == 3);
  const std::array<std::size_t, 3> order{2, 1, 3};
  for (std::size_t i = 0; i < 3; ++i) CHECK(mistakes.worst()[i].sample == order[i]);
  const Mistake& worst = mistakes.worst()[0];
  CHECK(worst.label == 2);
  CHECK(worst.predicted == 0);
  const double sum = std::exp(9.0) + 2;
  CHECK(std::abs(worst.loss + std::log(1 / sum)) < 1e-12);
  CHECK(std::abs(worst.label_probability - 1 / sum) < 1e-12);
  CHECK(std::abs(worst.predicted_probability - std::exp(9.0) / sum) < 1e-12);
}

TEST_CASE("no more mistakes are kept than were asked for") {
  const Mistakes two = some_mistakes(2), none = some_mistakes(0);
  REQUIRE(two.worst().size() == 2);
  CHECK(two.worst()[1].sample == 1);  // of equal losses, the first
  CHECK(two.count() == 3);
  CHECK(none.worst().empty());
}

TEST_CASE("the sections about classes have the matrix, the confusions, the scores and the calibration") {
  ClassificationCounts counts(3);
  for (int i = 0; i < 8; ++i) counts.add(std::array{3.0, 0.0, 0.0}, 0);
  for (int i = 0; i < 2; ++i) counts.add(std::array{0.0, 3.0, 0.0}, 0);
  for (int i = 0; i < 5; ++i) counts.add(std::array{0.0, 3.0, 0.0}, 1);
  counts.add(std::array{std::nan(""), 3.0, 0.0}, 2);
  Report report("x");
  add_classes(report, counts, {"coat", "<b>"});
  const std::string html = report.html();
  CHECK(says(html, "81.25 % of 16 test samples", "taken for no class, because an output is NaN: 1.",
             "--s:0.80\">8</td>", "<td>coat</td><td>&lt;b&gt;</td><td class=\"n\">2</td><td class=\"n\">20.0 %</td>",
             "<td>2</td><td class=\"n\">0.0 %</td>", "among the 3 most probable", "calibration error"));
  CHECK(count(html, "<svg ") == 1);
  Report plain("x");
  add_classes(plain, counts, {}, {.confidence = false, .largest_matrix = 2});
  CHECK(count(plain.html(), "<svg ") == 0);
  CHECK(count(plain.html(), "class=\"matrix\"") == 0);
}

TEST_CASE("charts by epoch are of what there is") {
  std::vector<EpochEvent> epochs(3);
  for (std::size_t i = 0; i < 3; ++i)
    epochs[i] = {.epoch = i + 1, .mean_loss = 1.5, .train_accuracy = 50, .test_loss = 1.6, .test_accuracy = 40};
  const auto labelled = epoch_charts(epochs, "validation");
  REQUIRE(labelled.size() == 2);
  CHECK(labelled[1].title() == "accuracy, %");
  CHECK(labelled[1].entries()[1].name == "validation");
  for (EpochEvent& e : epochs) e.train_accuracy = e.test_accuracy = e.test_loss = std::nan("");
  const auto numbers = epoch_charts(epochs);
  REQUIRE(numbers.size() == 1);
  CHECK(numbers[0].entries().size() == 1);
  CHECK(epoch_charts({})[0].empty());
}

TEST_CASE("pictures of mistakes are the images, with what they were taken for") {
  data::Dataset<Shape<3, 2, 2>> set{.name = "made", .values = std::vector<std::uint8_t>(48), .targets = {0, 1, 2, 2}};
  set.classes = {"cat", "dog", "a&b"};
  for (std::size_t i = 0; i < set.values.size(); ++i) set.values[i] = static_cast<std::uint8_t>(i);
  const auto pictures = mistake_pictures(some_mistakes(5), set);
  REQUIRE(pictures.size() == 3);
  CHECK(pictures[0].description == "sample 2");
  CHECK(pictures[0].caption == "label a&b, < 0.1\u00A0%\ntaken for cat, 100.0\u00A0%");
  CHECK(pictures[0].png.starts_with("\x89PNG"));
  io::Picture second{2, 2, 3, {24, 28, 32, 25, 29, 33, 26, 30, 34, 27, 31, 35}};
  CHECK(pictures[0].png == io::encode_png(second));
  const std::string html = Report("x").pictures(pictures).html();
  CHECK(count(html, "<img ") == 3);
  CHECK(says(html, "<figcaption>label a&amp;b, &lt; 0.1\u00A0%<br>taken for cat, "));
  CHECK_THROWS_AS(mistake_pictures(some_mistakes(1), {1, 2, 2}, [&](std::size_t n) { return set.sample(n); }),
                  ArgumentError);
}
