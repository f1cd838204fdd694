// SPDX-License-Identifier: MIT
#include "odot/data/fashion_mnist.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "data/idx_bytes.hpp"

using namespace odot;
using namespace odot::test;
using data::load_fashion_mnist;

namespace {

constexpr std::size_t image = 28 * 28;

/// Three training and two test images under the names that a distribution uses.
void write_set(const TemporaryFolder& folder, const std::string& separator, [[maybe_unused]] bool gzip) {
  const auto write = [&](const std::string& name, const Bytes& bytes) {
#if __has_include(<zlib.h>)
    if (gzip) return folder.write(name + ".gz", gzipped(bytes));
#endif
    return folder.write(name, bytes);
  };
  write("train-images" + separator + "idx3-ubyte", idx_bytes({3, 28, 28}, ramp(3 * image)));
  write("train-labels" + separator + "idx1-ubyte", idx_bytes({3}, {0, 9, 4}));
  write("t10k-images" + separator + "idx3-ubyte", idx_bytes({2, 28, 28}, ramp(2 * image, 5)));
  write("t10k-labels" + separator + "idx1-ubyte", idx_bytes({2}, {7, 1}));
}

}  // namespace

TEST_CASE("loads the four files under all of their names") {
  for (const char* separator : {"-", "."})
    for (const bool gzip : {false, true}) {
      const TemporaryFolder folder;
      write_set(folder, separator, gzip);
      auto [train, test] = load_fashion_mnist(folder.path());
      CHECK(train.name == "fashion-mnist");
      CHECK(train.classes.size() == 10);
      CHECK(train.classes[9] == "Ankle boot");
      CHECK_FALSE(train.synthetic);
      CHECK(train.size() == 3);
      CHECK(train.values == ramp(3 * image));
      CHECK(train.targets == std::vector<std::int32_t>{0, 9, 4});
      CHECK(test.size() == 2);
      CHECK(test.values == ramp(2 * image, 5));
      CHECK(test.targets == std::vector<std::int32_t>{7, 1});
    }
}

TEST_CASE("MNIST comes in the same files") {
  const TemporaryFolder folder;
  write_set(folder, "-", false);
  const auto mnist = data::load_mnist(folder.path());
  CHECK(mnist.train.name == "mnist");
  CHECK(mnist.test.size() == 2);
  CHECK(mnist.test.classes[7] == "7");
}

TEST_CASE("rejects another number of images than of labels") {
  const TemporaryFolder folder;
  write_set(folder, "-", false);
  folder.write("train-labels-idx1-ubyte", idx_bytes({4}, {0, 9, 4, 4}));
  const std::string message = message_of<FormatError>([&] { load_fashion_mnist(folder.path()); });
  CHECK(says(message, "train-images-idx3-ubyte: at byte 4: expected 4 images", "train-labels-idx1-ubyte", "found 3"));
}

TEST_CASE("rejects a label that is no class") {
  const TemporaryFolder folder;
  write_set(folder, "-", false);
  folder.write("t10k-labels-idx1-ubyte", idx_bytes({2}, {7, 10}));
  const std::string message = message_of<FormatError>([&] { load_fashion_mnist(folder.path()); });
  CHECK(says(message, "t10k-labels-idx1-ubyte: at byte 9: expected a label less than 10, found 10"));
}

TEST_CASE("rejects images of another size") {
  const TemporaryFolder folder;
  write_set(folder, "-", false);
  folder.write("train-images-idx3-ubyte", idx_bytes({3, 28, 32}, ramp(3 * 28 * 32)));
  const std::string message = message_of<FormatError>([&] { load_fashion_mnist(folder.path()); });
  CHECK(says(message, "at byte 8: expected images of 28 × 28, found 28 × 32"));
}

TEST_CASE("rejects labels in the place of images") {
  const TemporaryFolder folder;
  write_set(folder, "-", false);
  folder.write("train-images-idx3-ubyte", idx_bytes({3}, {0, 9, 4}));
  CHECK(says(message_of<FormatError>([&] { load_fashion_mnist(folder.path()); }), "expected rank 3, found rank 1"));
}

TEST_CASE("names every file that is missing, and what to do") {
  const TemporaryFolder folder;
  write_set(folder, ".", false);
  std::filesystem::remove(folder.path() / "train-labels.idx1-ubyte");
  std::filesystem::remove(folder.path() / "t10k-images.idx3-ubyte");
  const std::string message = message_of<FileError>([&] { load_fashion_mnist(folder.path()); });
  CHECK(says(message, folder.path().string(), "files are missing", "train-labels-idx1-ubyte[.gz]",
             "train-labels.idx1-ubyte[.gz]", "t10k-images-idx3-ubyte[.gz]", "scripts/get_data.sh"));
  CHECK_FALSE(says(message, "train-images"));
}

TEST_CASE("a missing folder is said to be missing") {
  const TemporaryFolder folder;
  const std::string message = message_of<FileError>([&] { load_fashion_mnist(folder.path() / "none"); });
  CHECK(says(message, (folder.path() / "none").string(), "no such folder", "train-images-idx3-ubyte[.gz]",
             "scripts/get_data.sh"));
}
