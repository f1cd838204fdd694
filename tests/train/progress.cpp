// SPDX-License-Identifier: MIT
#include "odot/train/progress.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <limits>
#include <memory>
#include <string>

#include "data/temporary_folder.hpp"

using namespace odot;
using odot::test::says;

namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A stream that is no terminal, and what was written to it.
struct Capture {
  std::unique_ptr<std::FILE, Closer> file{std::tmpfile()};

  std::string text() const {
    std::string result;
    std::rewind(file.get());
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) result += static_cast<char>(c);
    return result;
  }
};

const TrainingPlan plan{.epochs = 2, .batches = 3, .samples = 300, .test_samples = 50, .batch_size = 128};

EpochEvent epoch(std::size_t number) {
  return {.epoch = number,
          .loss = 7.25,
          .mean_loss = 2.4,
          .train_accuracy = 12.5,
          .test_loss = 2.2,
          .test_accuracy = 34.567,
          .gradient_average = 2.9e-5,
          .seconds = 1.25,
          .samples_per_second = 240};
}

}  // namespace

TEST_CASE("a stream that is no terminal gets one line an epoch") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  for (std::size_t e = 1; e <= 2; ++e) {
    for (std::size_t b = 1; b <= 3; ++b) bar.on_batch({.epoch = e, .batch = b, .step = 3 * e + b - 3, .samples = 100});
    bar.on_epoch(epoch(e));
  }
  bar.on_end({.epochs = {epoch(1), epoch(2)}});
  CHECK(capture.text() ==
        "epoch 1/2  loss 7.2500 (mean 2.4000)  train 12.50 %  test 34.57 %  gradient 2.9e-05  240 samples/s  1.2 s\n"
        "epoch 2/2  loss 7.2500 (mean 2.4000)  train 12.50 %  test 34.57 %  gradient 2.9e-05  240 samples/s  1.2 s\n");
}

TEST_CASE("an interrupted training is said so") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  bar.on_epoch(epoch(1));
  bar.on_batch({.epoch = 2, .batch = 1, .step = 4, .samples = 128});
  bar.on_end({.epochs = {epoch(1)}, .interrupted = true});
  CHECK(says(capture.text(), "epoch 1/2", "\nstopped after 1 of 2 epochs\n"));
}

TEST_CASE("0 epochs print nothing") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin({.epochs = 0, .batches = 3, .samples = 300, .test_samples = 50, .batch_size = 128});
  bar.on_end({});
  CHECK(capture.text().empty());
}

TEST_CASE("a regression shows the second set's loss by its name, and no accuracy") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  TrainingPlan validated = plan;
  validated.test_name = "validation";
  bar.on_begin(validated);
  EpochEvent event = epoch(1);
  event.train_accuracy = event.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  bar.on_epoch(event);
  CHECK(capture.text() ==
        "epoch 1/2  loss 7.2500 (mean 2.4000)  validation mean 2.2000  gradient 2.9e-05  240 samples/s  1.2 s\n");
}

TEST_CASE("without a test set nothing is said of it") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  EpochEvent event = epoch(1);
  event.test_loss = event.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  bar.on_epoch(event);
  CHECK(capture.text() ==
        "epoch 1/2  loss 7.2500 (mean 2.4000)  train 12.50 %  gradient 2.9e-05  240 samples/s  1.2 s\n");
}
