// SPDX-License-Identifier: MIT
#include "odot/train/csv_log.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "data/temporary_folder.hpp"

using namespace odot;
using namespace odot::test;

namespace {

const std::string batch_head = "step,epoch,batch,samples,loss,gradient_average,accuracy\n";
const std::string epoch_head =
    "epoch,loss,mean_loss,train_accuracy,test_loss,test_accuracy,gradient_average,seconds,samples_per_second\n";

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("both tables are there from the start, and whole after every epoch") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "runs" / "first";
  CsvLog log(out);
  CHECK(content(out / "batches.csv") == batch_head);
  CHECK(content(out / "epochs.csv") == epoch_head);

  log.on_batch(
      {.epoch = 1, .batch = 1, .step = 1, .samples = 128, .loss = 2.5, .gradient_average = -3e-5, .accuracy = 10});
  log.on_batch(
      {.epoch = 1, .batch = 2, .step = 2, .samples = 44, .loss = 1.0 / 3, .gradient_average = 0, .accuracy = 62.5});
  log.on_epoch({.epoch = 1,
                .loss = 2.75,
                .mean_loss = 1.5,
                .train_accuracy = 25,
                .test_loss = 1.25,
                .test_accuracy = 50,
                .gradient_average = 2e-6,
                .seconds = 0.5,
                .samples_per_second = 344});
  const std::string batches = batch_head + "1,1,1,128,2.5,-3e-05,10.0000\n2,1,2,44,0.333333333,0,62.5000\n";
  CHECK(content(out / "batches.csv") == batches);
  CHECK(content(out / "epochs.csv") == epoch_head + "1,2.75,1.5,25.0000,1.25,50.0000,2e-06,0.500000,344.0\n");

  log.on_batch({.epoch = 2, .batch = 1, .step = 3, .samples = 128, .loss = 2, .gradient_average = 1, .accuracy = 0});
  log.on_end({});  // what a broken-off epoch left is kept
  CHECK(content(out / "batches.csv") == batches + "3,2,1,128,2,1,0.0000\n");
  for (const auto& entry : std::filesystem::directory_iterator(out)) CHECK(entry.path().extension() == ".csv");
}

TEST_CASE("a folder that can't be made is rejected at once, with its path") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {1, 2, 3});
  CHECK(says(message_of<FileError>([&] { CsvLog log(file); }), file.string(), "expected a folder, found a file"));
  CHECK(says(message_of<FileError>([&] { CsvLog log(file / "below"); }), (file / "below").string(), "can't create"));
}

TEST_CASE("what there is none of is an empty field") {
  const TemporaryFolder folder;
  CsvLog log(folder.path());
  const double none = std::numeric_limits<double>::quiet_NaN();
  log.on_batch({.epoch = 1, .batch = 1, .step = 1, .samples = 8, .loss = 2, .gradient_average = 1, .accuracy = none});
  log.on_epoch({.epoch = 1,
                .loss = 2,
                .mean_loss = 2,
                .train_accuracy = none,
                .test_loss = none,
                .test_accuracy = none,
                .gradient_average = 1,
                .seconds = 0.5,
                .samples_per_second = 16});
  CHECK(content(folder.path() / "batches.csv") == batch_head + "1,1,1,8,2,1,\n");
  CHECK(content(folder.path() / "epochs.csv") == epoch_head + "1,2,2,,,,1,0.500000,16.0\n");
}
