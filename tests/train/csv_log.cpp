// SPDX-License-Identifier: MIT
#include "odot/train/csv_log.hpp"

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
#include "odot/data/csv.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using namespace odot::test;

namespace {

const std::string batch_head = "step,epoch,batch,samples,loss,accuracy\n";
const std::string epoch_head = "epoch,mean_loss,train_accuracy,test_loss,test_accuracy,seconds,samples_per_second\n";

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("both tables are there from the start, and whole after every epoch") {
  const TemporaryFolder folder;
  const auto out = folder.path() / "runs" / "first";
  CsvLog log(out);
  log.on_begin({});
  CHECK(content(out / "batches.csv") == batch_head);
  CHECK(content(out / "epochs.csv") == epoch_head);

  log.on_batch({.epoch = 1, .batch = 1, .step = 1, .samples = 128, .loss = 2.5, .accuracy = 10});
  log.on_batch({.epoch = 1, .batch = 2, .step = 2, .samples = 44, .loss = 1.0 / 3, .accuracy = 62.5});
  log.on_epoch({.epoch = 1,
                .mean_loss = 1.5,
                .train_accuracy = 25,
                .test_loss = 1.25,
                .test_accuracy = 50,
                .seconds = 0.5,
                .samples_per_second = 344});
  const std::string batches = batch_head + "1,1,1,128,2.5,10.0000\n2,1,2,44,0.333333333,62.5000\n";
  CHECK(content(out / "batches.csv") == batches);
  CHECK(content(out / "epochs.csv") == epoch_head + "1,1.5,25.0000,1.25,50.0000,0.500000,344.0\n");

  log.on_batch({.epoch = 2, .batch = 1, .step = 3, .samples = 128, .loss = 2, .accuracy = 0});
  log.on_end({});  // what a broken-off epoch left is kept
  CHECK(content(out / "batches.csv") == batches + "3,2,1,128,2,0.0000\n");
  for (const auto& entry : std::filesystem::directory_iterator(out)) CHECK(entry.path().extension() == ".csv");
}

TEST_CASE("an earlier run's tables stay until a training begins, or until the next epoch of a resumed one") {
  const TemporaryFolder folder;
  for (const char* name : {"batches.csv", "epochs.csv"}) folder.write(name, {'o', 'l', 'd'});
  CsvLog log(folder.path());  // fit may still refuse to train
  CHECK(content(folder.path() / "batches.csv") == "old");
  log.on_begin({.steps_before = 3});  // a callback after it may still refuse its state
  CHECK(content(folder.path() / "epochs.csv") == "old");
  log.on_epoch({.epoch = 4});
  CHECK(content(folder.path() / "epochs.csv") != "old");
  CHECK(content(folder.path() / "batches.csv") == batch_head);
}

TEST_CASE("a folder that can't be made is rejected at once, with its path") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {1, 2, 3});
  CHECK(says(message_of<FileError>([&] { CsvLog log(file); }), file.string(), "expected a folder, found a file"));
  CHECK(says(message_of<FileError>([&] { CsvLog log(file / "below"); }), (file / "below").string(), "can't create"));
}

TEST_CASE("where one table can't be written, that of an earlier run stays as it was") {
  const TemporaryFolder folder;
  folder.write("batches.csv", {'o', 'l', 'd'});
  std::filesystem::create_directory(folder.path() / "epochs.csv");
  CHECK(says(message_of<FileError>([&] { CsvLog log(folder.path()); }), (folder.path() / "epochs.csv").string(),
             "found a folder"));
  CHECK(content(folder.path() / "batches.csv") == "old");
}

TEST_CASE("where there is no number, the field is empty") {
  const TemporaryFolder folder;
  CsvLog log(folder.path());
  const double none = std::numeric_limits<double>::quiet_NaN();
  log.on_batch({.epoch = 1, .batch = 1, .step = 1, .samples = 8, .loss = 2, .accuracy = none});
  log.on_epoch({.epoch = 1,
                .mean_loss = 2,
                .train_accuracy = none,
                .test_loss = none,
                .test_accuracy = none,
                .seconds = 0.5,
                .samples_per_second = 16});
  CHECK(content(folder.path() / "batches.csv") == batch_head + "1,1,1,8,2,\n");
  CHECK(content(folder.path() / "epochs.csv") == epoch_head + "1,2,,,,0.500000,16.0\n");
}

TEST_CASE("under a locale with commas in numbers the tables stay as they are, and are read back") {
  const CommaLocale comma;
  const TemporaryFolder folder;
  CsvLog log(folder.path());
  log.on_batch({.epoch = 1, .batch = 1, .step = 1234567, .samples = 4096, .loss = 1234.5, .accuracy = 12.5});
  log.on_end({});
  CHECK(content(folder.path() / "batches.csv") == batch_head + "1234567,1,1,4096,1234.5,12.5000\n");
  const data::Table table = data::read_csv(folder.path() / "batches.csv");
  CHECK(table.values == std::vector<double>{1234567, 1, 1, 4096, 1234.5, 12.5});
}

TEST_CASE("what is written is read back, whatever the numbers are") {
  const TemporaryFolder folder;
  CsvLog log(folder.path());
  const double none = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, 1e300, -5e-324, 0.1, infinite, -infinite, none})
    log.on_epoch({.epoch = 1,
                  .mean_loss = value,
                  .train_accuracy = 100,
                  .test_loss = none,
                  .test_accuracy = none,
                  .seconds = 1.5,
                  .samples_per_second = 1e6});
  const data::Table table = data::read_csv(folder.path() / "epochs.csv", {.only_finite = false});
  REQUIRE(table.rows() == 7);
  REQUIRE(table.columns.size() == 7);
  const auto at = [&](std::size_t row, std::size_t column) { return table.row(row)[column]; };
  CHECK(at(0, 1) == 0);
  CHECK(at(1, 1) == 1e300);
  CHECK(at(2, 1) == -5e-324);
  CHECK(at(3, 1) == 0.1);
  CHECK(at(4, 1) == infinite);
  CHECK(at(5, 1) == -infinite);
  CHECK(std::isnan(at(6, 1)));
  for (std::size_t row = 0; row < 7; ++row) {
    CHECK(at(row, 2) == 100);
    CHECK(std::isnan(at(row, 3)));
    CHECK(at(row, 6) == 1e6);
  }
}

TEST_CASE("columns are taken away and put in") {
  const TemporaryFolder folder;
  CsvColumns columns;
  std::erase_if(columns.batches, [](const auto& column) { return column.name != "step" && column.name != "loss"; });
  columns.batches.insert(columns.batches.begin() + 1,
                         {"twice", [](const BatchEvent& e) { return CsvColumns::digits(2 * e.loss); }});
  columns.epochs.resize(1);
  CsvLog log(folder.path(), columns);
  log.on_batch({.epoch = 1, .batch = 1, .step = 1, .samples = 8, .loss = 0.75});
  log.on_epoch({.epoch = 1});
  CHECK(content(folder.path() / "batches.csv") == "step,twice,loss\n1,1.5,0.75\n");
  CHECK(content(folder.path() / "epochs.csv") == "epoch\n1\n");
}

TEST_CASE("names and fields that a reader would cut are quoted") {
  const TemporaryFolder folder;
  CsvColumns columns;
  columns.epochs = {{"a,b", [](const EpochEvent&) { return "x,\"y\nz"; }},
                    {"c", [](const EpochEvent&) { return "1"; }}};
  CsvLog log(folder.path(), columns);
  log.on_epoch({});
  CHECK(content(folder.path() / "epochs.csv") == "\"a,b\",c\n\"x,\"\"y\nz\",1\n");
}
