#pragma once
// SPDX-License-Identifier: MIT
// A folder of pictures, one folder in it for each class, as a labelled set. Needs stb_image on the include path: CMake
// target odot::io.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/error.hpp"
#include "odot/core/parallel.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/io/load_image.hpp"

namespace odot::data {

struct ImageFolderOptions {
  ImageOptions image = {};  ///< how each picture is read
  /// The classes, in the order of their labels, for a second folder that must have the labels of a first:
  /// {.classes = train.classes}. Empty: the folder's own, sorted.
  std::vector<std::string> classes = {};
  int threads = 0;  ///< that read; 0: all. The set does not depend on it
};

/// Pictures with labels: every folder in `folder` is a class, and its pictures, also those in folders inside of it, are the
/// class's samples. As torchvision.datasets.ImageFolder has it: labels count classes sorted by name (bytes), samples are
/// sorted by class, then by folder, then by name. Files are known by their name's end, .png, .jpg, .jpeg or .bmp in any
/// case; their content decides how they are read. Other files are ignored, but pictures in formats that are not read (.webp,
/// .gif, .tif, …) are errors, so that none is lost silently. Names that begin with a dot are ignored. A class's folder may be
/// a link; links to folders inside of it are not followed.
/// Errors  FileError: no folder; no classes, or one without pictures; other classes than options.classes; files that can't
///         be read, all of them, each with its reason
template <ShapeType S>
Dataset<S> load_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options = {});

namespace detail {

struct ImageFile {
  std::filesystem::path path;
  std::int32_t label = 0;
  std::string error = {};
};

inline std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}
inline bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}
inline bool is_hidden(const std::filesystem::path& path) { return path.filename().string().starts_with('.'); }

/// What a folder directly contains, sorted by name. Throws FileError if it can't be listed.
inline std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> entries;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (!is_hidden(entry->path())) entries.push_back(entry->path());
  if (error)
    throw FileError(folder.string(), "can't be listed: " + error.message() + "; expected a folder of pictures");
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.filename().string() < b.filename().string(); });
  return entries;
}

/// Appends the pictures of a class: those of this folder, then those of its folders.
inline void list_images(const std::filesystem::path& folder, std::int32_t label, std::vector<ImageFile>& files) {
  std::vector<std::filesystem::path> folders;
  for (std::filesystem::path& path : sorted_entries(folder)) {
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(path, ignored);
    const std::string extension = lower_extension(path);
    if (is_folder && !std::filesystem::is_symlink(path, ignored)) folders.push_back(std::move(path));
    else if (is_folder) continue;
    else if (is_one_of(extension, {".png", ".jpg", ".jpeg", ".bmp"})) files.push_back({std::move(path), label});
    else if (is_one_of(extension, {".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".heic", ".avif", ".tga"}))
      files.push_back({std::move(path), label, "this format is not read; save it as PNG or JPEG"});
  }
  for (const std::filesystem::path& inner : folders) list_images(inner, label, files);
}

/// The class folders' names, sorted, or those that are asked for. Throws FileError unless they are the same.
inline std::vector<std::string> folder_classes(const std::filesystem::path& folder,
                                               const std::vector<std::string>& expected) {
  std::vector<std::string> found, unknown;
  for (const std::filesystem::path& path : sorted_entries(folder)) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) found.push_back(path.filename().string());
  }
  if (found.empty())
    throw FileError(folder.string(), "expected a folder for each class, with its pictures, found no folder in it");
  if (expected.empty()) return found;
  const auto missing_in = [](const std::vector<std::string>& names, const std::vector<std::string>& all) {
    std::string missing;
    for (const std::string& name : names)
      if (std::find(all.begin(), all.end(), name) == all.end()) missing += (missing.empty() ? "" : ", ") + name;
    return missing.empty() ? std::string("none") : missing;
  };
  const std::string absent = missing_in(expected, found), additional = missing_in(found, expected);
  if (absent != "none" || additional != "none")
    throw FileError(folder.string(),
                    "expected the classes of ImageFolderOptions::classes, found other folders; missing: " + absent +
                        "; additional: " + additional);
  return expected;
}

/// The files of all classes, in the samples' order. Throws FileError if a class has none.
inline std::vector<ImageFile> list_classes(const std::filesystem::path& folder,
                                           const std::vector<std::string>& classes) {
  std::vector<ImageFile> files;
  std::string empty;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const std::size_t before = files.size();
    list_images(folder / classes[c], static_cast<std::int32_t>(c), files);
    if (files.size() == before) empty += (empty.empty() ? "" : ", ") + classes[c];
  }
  if (!empty.empty())
    throw FileError(folder.string(),
                    "expected pictures (.png, .jpg, .jpeg, .bmp) in every class's folder, found none in " + empty +
                        "; remove these folders, or fill them");
  return files;
}

/// Throws FileError with every file that could not be read, and why.
inline void require_all(const std::filesystem::path& folder, const std::vector<ImageFile>& files) {
  std::string reasons;
  std::size_t failed = 0;
  for (const ImageFile& file : files) {
    if (file.error.empty()) continue;
    ++failed;
    reasons +=
        "\n  " + (file.error.starts_with(file.path.string()) ? file.error : file.path.string() + ": " + file.error);
  }
  if (failed > 0)
    throw FileError(folder.string(), std::to_string(failed) + " of " + std::to_string(files.size()) +
                                         " pictures can't be read; mend or remove them:" + reasons);
}

}  // namespace detail

template <ShapeType S>
Dataset<S> load_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options) {
  constexpr bool is_image = detail::is_image_shape<S>;
  static_assert(is_image, "odot::data::load_image_folder: the shape must be [1, height, width] or [3, height, width]");
  Dataset<S> set;
  if constexpr (is_image) {
    set.classes = detail::folder_classes(folder, options.classes);
    std::vector<detail::ImageFile> files = detail::list_classes(folder, set.classes);
    const std::filesystem::path given = folder.has_filename() ? folder : folder.parent_path();
    set.name = given.filename().string();
    set.values.resize(checked_product("odot::data::load_image_folder", files.size(), S::size));
    parallel_for(options.threads, files.size(), [&](std::size_t i, std::size_t) {
      if (!files[i].error.empty()) return;
      try {
        detail::put_image(io::read_picture(files[i].path, options.image.read), S::extents[0], S::extents[1],
                          S::extents[2], options.image, set.values.data() + i * S::size);
      } catch (const FileError& error) {
        files[i].error = error.what();
      }
    });
    detail::require_all(folder, files);
    for (const detail::ImageFile& file : files) set.targets.push_back(file.label);
  }
  return set;
}

}  // namespace odot::data
