#pragma once
// SPDX-License-Identifier: MIT
// CIFAR-10 in its binary version: records of one label and 3 × 32 × 32 pixels, red, green, blue, without a header.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/byte_source.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// Reads CIFAR-10 files one after the other into one dataset. A file may have any number of whole records.
/// Errors  FileError: a file can't be read;  FormatError: no or broken records, CIFAR-100's records, a label above 9
ODOT_FUNCTION Dataset<Shape<3, 32, 32>> read_cifar10(std::span<const std::filesystem::path> files);

/// CIFAR-10: 50,000 and 10,000 colour images in ten classes. `folder` holds data_batch_1.bin … data_batch_5.bin and
/// test_batch.bin.
/// Errors  those of read_cifar10, and FileError with the names of all files that are missing
/// Source  Krizhevsky, "Learning multiple layers of features from tiny images", 2009
ODOT_FUNCTION Split<Dataset<Shape<3, 32, 32>>> load_cifar10(const std::filesystem::path& folder);

#if ODOT_DEFINITIONS

namespace detail {

constexpr std::size_t cifar10_classes = 10;
inline std::vector<std::string> cifar10_names() {
  return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}
constexpr std::uint64_t cifar10_record = 1 + Shape<3, 32, 32>::size;  // bytes
constexpr std::uint64_t cifar100_record = cifar10_record + 1;         // two labels: coarse and fine

/// Number of records of a file, by its size alone.
ODOT_COLD inline std::uint64_t cifar10_records(const FileSource& file) {
  const std::uint64_t size = file.size();
  if (size > 0 && size % cifar10_record == 0) return size / cifar10_record;
  std::string found = std::to_string(size) + " bytes";
  if (size > 0 && size % cifar100_record == 0) found += ", whole records of 3074 as CIFAR-100 has them";
  throw FormatError(file.path(), size - size % cifar10_record,
                    "CIFAR-10 records of 3073 bytes, one or more and nothing else", found);
}

ODOT_COLD inline void append_cifar10(FileSource& file, Dataset<Shape<3, 32, 32>>& set) {
  constexpr std::size_t image = Shape<3, 32, 32>::size;
  const auto records = static_cast<std::size_t>(cifar10_records(file));
  std::size_t at = set.values.size();
  set.values.resize(at + records * image);
  for (std::size_t i = 0; i < records; ++i, at += image) {
    std::uint8_t label = 0;
    file.read({&label, 1}, "a label");
    if (label >= cifar10_classes)
      throw FormatError(file.path(), file.offset() - 1, "a label less than " + std::to_string(cifar10_classes),
                        std::to_string(label));
    set.targets.push_back(label);
    file.read({set.values.data() + at, image}, "pixels");
  }
  file.require_end();
}

ODOT_COLD inline void require_cifar10_files(const std::filesystem::path& folder,
                                            std::span<const std::filesystem::path> files) {
  std::error_code error;
  const bool exists = std::filesystem::is_directory(folder, error);
  std::string missing;
  for (const std::filesystem::path& file : files)
    if (!std::filesystem::is_regular_file(file, error))
      missing += (missing.empty() ? "" : ", ") + file.filename().string();
  if (!missing.empty())
    throw FileError(folder.string(), std::string(exists ? "files are missing" : "no such folder") + "; looked for " +
                                         missing + "; get CIFAR-10's binary version with scripts/get_data.sh or name " +
                                         "its folder");
}

}  // namespace detail

ODOT_FUNCTION Dataset<Shape<3, 32, 32>> read_cifar10(std::span<const std::filesystem::path> files) {
  Dataset<Shape<3, 32, 32>> set{.name = "cifar-10", .classes = detail::cifar10_names()};
  std::uint64_t records = 0;
  for (const std::filesystem::path& path : files) records += detail::cifar10_records(FileSource(path));
  set.values.reserve(static_cast<std::size_t>(records) * Shape<3, 32, 32>::size);
  set.targets.reserve(static_cast<std::size_t>(records));
  for (const std::filesystem::path& path : files) {
    FileSource file(path);
    detail::append_cifar10(file, set);
  }
  return set;
}

ODOT_FUNCTION Split<Dataset<Shape<3, 32, 32>>> load_cifar10(const std::filesystem::path& folder) {
  const std::array<std::filesystem::path, 6> files{folder / "data_batch_1.bin", folder / "data_batch_2.bin",
                                                   folder / "data_batch_3.bin", folder / "data_batch_4.bin",
                                                   folder / "data_batch_5.bin", folder / "test_batch.bin"};
  detail::require_cifar10_files(folder, files);
  const std::span<const std::filesystem::path> all(files);
  return {read_cifar10(all.first(5)), read_cifar10(all.last(1))};
}

#endif

}  // namespace odot::data
