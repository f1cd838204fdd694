// SPDX-License-Identifier: MIT
#include "odot/train/curves.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using namespace odot::test;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a run leaves one picture with its curves, yours among them") {
  const TemporaryFolder folder;
  Curves curves(folder.path() / "out", {{"my number", [](const BatchEvent& e) { return 1e-5 * e.loss; }}});
  for (std::size_t step = 1; step <= 4; ++step) {
    curves.on_batch({.epoch = step,
                     .batch = 1,
                     .step = step,
                     .samples = 10,
                     .loss = 2.0 / static_cast<double>(step),
                     .accuracy = 50});
    curves.on_epoch({.epoch = step, .train_accuracy = 50, .test_accuracy = 40});
  }
  curves.on_end({});
  const std::string svg = content(folder.path() / "out" / "curves.svg");
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "<polyline") == 4);
  CHECK(count(svg, "<circle") == 8);
  CHECK(says(svg, "loss of each batch, nats", "my number", "accuracy, %"));
}

TEST_CASE("a run without an epoch leaves a valid picture") {
  const TemporaryFolder folder;
  Curves curves(folder.path());
  curves.on_end({});
  CHECK(content(folder.path() / "curves.svg").ends_with("</svg>\n"));
}

TEST_CASE("a picture that can't be written is an error before the first epoch, and an older one stays") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {'o', 'l', 'd'});
  CHECK(says(message_of<FileError>([&] { Curves curves(file); }), file.string(), "expected a folder, found a file"));
  std::filesystem::create_directories(folder.path() / "taken" / "curves.svg");
  CHECK(says(message_of<FileError>([&] { Curves curves(folder.path() / "taken"); }),
             (folder.path() / "taken" / "curves.svg").string(), "found a folder"));
  folder.write("curves.svg", {'o', 'l', 'd'});
  const Curves curves(folder.path());
  CHECK(content(folder.path() / "curves.svg") == "old");  // until there is another
}

TEST_CASE("a regression shows its mean loss where accuracies would stand") {
  const TemporaryFolder folder;
  Curves curves(folder.path());
  curves.on_begin({.epochs = 3, .batches = 1, .samples = 10, .test_samples = 5, .batch_size = 10, .test_name = "held"});
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t epoch = 1; epoch <= 3; ++epoch) {
    curves.on_batch({.epoch = epoch, .batch = 1, .step = epoch, .samples = 10, .loss = 2, .accuracy = none});
    curves.on_epoch({.epoch = epoch, .mean_loss = 2, .train_accuracy = none, .test_loss = 3, .test_accuracy = none});
  }
  const std::string svg = content(folder.path() / "curves.svg");
  CHECK(count(svg, "<polyline") == 3);
  CHECK(says(svg, "mean loss", "held"));
  CHECK_FALSE(says(svg, "accuracy"));
  CHECK_FALSE(says(svg, "nats"));
}

TEST_CASE("without a test set there is no curve of it") {
  const TemporaryFolder folder;
  Curves curves(folder.path());
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t epoch = 1; epoch <= 3; ++epoch) {
    curves.on_batch({.epoch = epoch, .batch = 1, .step = epoch, .samples = 10, .loss = 2, .accuracy = 50});
    curves.on_epoch({.epoch = epoch, .train_accuracy = 50, .test_loss = none, .test_accuracy = none});
  }
  const std::string svg = content(folder.path() / "curves.svg");
  CHECK(count(svg, "<polyline") == 2);
  CHECK(says(svg, "accuracy, %"));
}

TEST_CASE("a plateau whose losses differ in their last bits is a picture like any other") {
  const TemporaryFolder folder;
  Curves curves(folder.path());
  double loss = 2.302585092994046;
  for (std::size_t epoch = 1; epoch <= 4; ++epoch, loss = std::nextafter(loss, 0)) {
    curves.on_batch({.epoch = epoch, .batch = 1, .step = epoch, .samples = 10, .loss = loss, .accuracy = 10});
    curves.on_epoch({.epoch = epoch, .mean_loss = loss, .train_accuracy = 10, .test_accuracy = 10});
  }
  const std::string svg = content(folder.path() / "curves.svg");
  CHECK(svg.size() < 20'000);
  CHECK(count(svg, "<polyline") == 3);
}

TEST_CASE("a test set's name may be any text") {
  const TemporaryFolder folder;
  Curves curves(folder.path());
  curves.on_begin(
      {.epochs = 1, .batches = 1, .samples = 10, .test_samples = 5, .batch_size = 10, .test_name = "R&D <2026>"});
  curves.on_epoch({.epoch = 1, .train_accuracy = 50, .test_accuracy = 40});
  const std::string svg = content(folder.path() / "curves.svg");
  CHECK(says(svg, ">R&amp;D &lt;2026&gt;</text>"));
  CHECK_FALSE(says(svg, "R&D"));
}

TEST_CASE("under a locale with commas in numbers the picture is the same") {
  const auto picture = [] {
    const TemporaryFolder folder;
    Curves curves(folder.path());
    for (std::size_t step = 1000; step <= 5000; step += 1000)
      curves.on_batch({.epoch = 1,
                       .batch = 1,
                       .step = step,
                       .samples = 10,
                       .loss = 1.0 / static_cast<double>(step),
                       .accuracy = 50});
    curves.on_epoch({.epoch = 1, .train_accuracy = 50.25, .test_accuracy = 40.5});
    return content(folder.path() / "curves.svg");
  };
  const std::string plain = picture();
  const CommaLocale comma;
  CHECK(picture() == plain);
}

TEST_CASE("curves that continue from a state give the same picture") {
  const TemporaryFolder folder;
  const std::vector<BatchCurve> own{{"twice the loss", [](const BatchEvent& e) { return 2 * e.loss; }}};
  Curves whole(folder.path() / "whole", own), first(folder.path() / "first", own), rest(folder.path() / "rest", own);
  const auto train = [](Curves& curves, std::size_t from, std::size_t to) {
    curves.on_begin({.epochs = 2, .batches = 3});
    for (std::size_t s = from; s <= to; ++s) {
      curves.on_batch(
          {.epoch = (s + 2) / 3, .batch = (s + 2) % 3 + 1, .step = s, .samples = 8, .loss = 1.0 / double(s)});
      if (s % 3 == 0)
        curves.on_epoch({.epoch = s / 3, .mean_loss = 0.5, .train_accuracy = 20.0 * double(s), .test_accuracy = 30});
    }
  };
  train(whole, 1, 6);
  train(first, 1, 4);
  rest.restore_state(first.state());
  train(rest, 5, 6);
  CHECK(content(folder.path() / "rest" / "curves.svg") == content(folder.path() / "whole" / "curves.svg"));
}
