#pragma once
// SPDX-License-Identifier: MIT
// Loaders for Fashion-MNIST, MNIST and other sets in the same four files, gzipped or not.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/gzip.hpp"
#include "odot/data/idx.hpp"

namespace odot::data {

/// Fashion-MNIST: 60,000 and 10,000 grey images of clothing in ten classes. `folder` holds train-images, train-labels,
/// t10k-images and t10k-labels, named …-idx3-ubyte or ….idx3-ubyte (idx1 for labels), with or without .gz.
/// Errors  FileError: the folder or files are missing; the message has all names that were looked for
///         FormatError: not IDX; images that are not 28 × 28; different numbers of images and labels; a label above 9
/// Source  Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
///         2017
ODOT_FUNCTION Split<Dataset<Shape<1, 28, 28>>> load_fashion_mnist(const std::filesystem::path& folder);

/// MNIST: handwritten digits in the same format, with the same errors.
/// Source  LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998
ODOT_FUNCTION Split<Dataset<Shape<1, 28, 28>>> load_mnist(const std::filesystem::path& folder);

#if ODOT_DEFINITIONS

namespace detail {

using GreyImages = Dataset<Shape<1, 28, 28>>;
constexpr std::size_t grey_classes = 10;

inline std::vector<std::string> clothes() {
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}
inline std::vector<std::string> digits() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }

/// The file names that `stem` ("train-images") of a rank may have.
ODOT_COLD inline std::array<std::string, 4> idx_names(const std::string& stem, std::size_t rank) {
  const std::string kind = "idx" + std::to_string(rank) + "-ubyte";
  return {stem + "-" + kind, stem + "-" + kind + ".gz", stem + "." + kind, stem + "." + kind + ".gz"};
}

ODOT_COLD inline std::optional<std::filesystem::path> find_idx(const std::filesystem::path& folder,
                                                               const std::string& stem, std::size_t rank) {
  std::error_code error;
  for (const std::string& name : idx_names(stem, rank))
    if (std::filesystem::is_regular_file(folder / name, error)) return folder / name;
  return std::nullopt;
}

/// Paths of train-images, train-labels, t10k-images, t10k-labels; one error for all that are missing.
ODOT_COLD inline std::array<std::filesystem::path, 4> find_idx_files(const std::filesystem::path& folder) {
  constexpr std::array<std::pair<const char*, std::size_t>, 4> files{
      {{"train-images", 3}, {"train-labels", 1}, {"t10k-images", 3}, {"t10k-labels", 1}}};
  std::error_code error;
  const bool exists = std::filesystem::is_directory(folder, error);
  std::array<std::filesystem::path, 4> paths;
  std::string missing;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto [stem, rank] = files[i];
    if (const auto path = find_idx(folder, stem, rank)) {
      paths[i] = *path;
      continue;
    }
    missing += missing.empty() ? "" : "; ";
    const auto names = idx_names(stem, rank);
    missing += names[0] + "[.gz] or " + names[2] + "[.gz]";
  }
  if (!missing.empty())
    throw FileError(folder.string(), std::string(exists ? "files are missing" : "no such folder") + "; looked for " +
                                         missing + "; get them with scripts/get_data.sh or name their folder");
  return paths;
}

ODOT_COLD inline std::vector<std::int32_t> read_labels(const std::filesystem::path& path) {
  const Idx<1> idx = read_file(path, [](auto& source) { return read_idx<1>(source); });
  for (std::size_t i = 0; i < idx.values.size(); ++i)
    if (idx.values[i] >= grey_classes)
      throw FormatError(path.string(), Idx<1>::header_size + i, "a label less than " + std::to_string(grey_classes),
                        std::to_string(idx.values[i]));
  return {idx.values.begin(), idx.values.end()};
}

ODOT_COLD inline GreyImages read_grey_images(const std::string& name, std::vector<std::string> classes,
                                             const std::filesystem::path& images, const std::filesystem::path& labels) {
  GreyImages set{.name = name, .targets = read_labels(labels), .classes = std::move(classes)};
  Idx<3> idx = read_file(images, [](auto& source) { return read_idx<3>(source); });
  const auto [count, height, width] = idx.extents;
  if (height != 28 || width != 28)
    throw FormatError(images.string(), 8, "images of 28 × 28", std::to_string(height) + " × " + std::to_string(width));
  if (count != set.size())
    throw FormatError(images.string(), 4,
                      std::to_string(set.size()) + " images, as many as " + labels.string() + " has labels",
                      std::to_string(count));
  set.values = std::move(idx.values);
  return set;
}

ODOT_COLD inline Split<Dataset<Shape<1, 28, 28>>> load_grey_images(const std::string& name,
                                                                   const std::vector<std::string>& classes,
                                                                   const std::filesystem::path& folder) {
  const auto [train_images, train_labels, test_images, test_labels] = find_idx_files(folder);
  return {read_grey_images(name, classes, train_images, train_labels),
          read_grey_images(name, classes, test_images, test_labels)};
}

}  // namespace detail

ODOT_FUNCTION Split<Dataset<Shape<1, 28, 28>>> load_fashion_mnist(const std::filesystem::path& folder) {
  return detail::load_grey_images("fashion-mnist", detail::clothes(), folder);
}

ODOT_FUNCTION Split<Dataset<Shape<1, 28, 28>>> load_mnist(const std::filesystem::path& folder) {
  return detail::load_grey_images("mnist", detail::digits(), folder);
}

#endif

}  // namespace odot::data
