// SPDX-License-Identifier: MIT
#include "odot/data/cifar.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

#include "data/idx_bytes.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr std::size_t image = 3 * 32 * 32;

Bytes record(std::uint8_t label, std::size_t first) { return joined({label}, ramp(image, first)); }

void write_set(const TemporaryFolder& folder) {
  for (std::uint8_t i = 1; i <= 5; ++i)
    folder.write("data_batch_" + std::to_string(i) + ".bin", joined(record(i, i), record(0, 10u + i)));
  folder.write("test_batch.bin", record(9, 99));
}

data::Dataset<Shape<3, 32, 32>> read(const std::filesystem::path& file) { return data::read_cifar10({&file, 1}); }

}  // namespace

TEST_CASE("loads the six files in order") {
  const TemporaryFolder folder;
  write_set(folder);
  auto [train, test] = data::load_cifar10(folder.path());
  CHECK(train.name == "cifar-10");
  CHECK(train.classes.size() == 10);
  CHECK(train.classes[6] == "frog");
  CHECK(train.targets == std::vector<std::int32_t>{1, 0, 2, 0, 3, 0, 4, 0, 5, 0});
  for (std::size_t i = 0; i < train.size(); ++i) {
    const auto sample = train.sample(i);
    CHECK(Bytes(sample.begin(), sample.end()) == ramp(image, i / 2 + 1 + i % 2 * 10));
  }
  CHECK(test.targets == std::vector<std::int32_t>{9});
  CHECK(test.values == ramp(image, 99));
}

TEST_CASE("rejects sizes that are no whole records") {
  const TemporaryFolder folder;
  const Bytes two = joined(record(1, 0), record(2, 0));
  for (const std::size_t size : {1u, 3072u, 3075u, 6145u}) {
    const auto file = folder.write("batch.bin", truncated(two, size));
    const std::string message = message_of<FormatError>([&] { read(file); });
    CAPTURE(message);
    CHECK(says(message, file.string(), "at byte " + std::to_string(size / 3073 * 3073), "records of 3073 bytes",
               "found " + std::to_string(size) + " bytes"));
    CHECK_FALSE(says(message, "CIFAR-100"));
  }
}

TEST_CASE("rejects an empty file") {
  const TemporaryFolder folder;
  const auto file = folder.write("batch.bin", {});
  CHECK(says(message_of<FormatError>([&] { read(file); }), "at byte 0", "one or more", "found 0 bytes"));
}

TEST_CASE("tells CIFAR-100 by its record") {
  const TemporaryFolder folder;
  const auto file = folder.write("train.bin", Bytes(3074 * 3));
  CHECK(says(message_of<FormatError>([&] { read(file); }), "expected CIFAR-10 records of 3073 bytes", "CIFAR-100"));
}

TEST_CASE("rejects a label that is no class") {
  const TemporaryFolder folder;
  const auto file = folder.write("batch.bin", joined(record(9, 0), record(10, 0)));
  CHECK_THROWS_WITH_AS(read(file), (file.string() + ": at byte 3073: expected a label less than 10, found 10").c_str(),
                       FormatError);
}

TEST_CASE("names every file that is missing, and what to do") {
  const TemporaryFolder folder;
  write_set(folder);
  std::filesystem::remove(folder.path() / "data_batch_3.bin");
  std::filesystem::remove(folder.path() / "test_batch.bin");
  const std::string message = message_of<FileError>([&] { data::load_cifar10(folder.path()); });
  CHECK(says(message, folder.path().string(), "data_batch_3.bin, test_batch.bin", "scripts/get_data.sh"));
  CHECK_FALSE(says(message, "data_batch_1.bin"));
  const std::string none = message_of<FileError>([&] { data::load_cifar10(folder.path() / "none"); });
  CHECK(says(none, "no such folder", "data_batch_1.bin", "data_batch_5.bin"));
}
