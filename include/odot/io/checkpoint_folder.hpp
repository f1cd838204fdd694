#pragma once
// SPDX-License-Identifier: MIT
// CheckpointFolder: the checkpoints of one training as files, checkpoint-<batches done>.safetensors.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/io/checkpoint_file.hpp"
#include "odot/io/folder_lock.hpp"
#include "odot/io/write_file.hpp"

namespace odot::io {

/// The files of io::Checkpoint. Only the object that has claimed the folder may change what is in it.
class CheckpointFolder {
 public:
  explicit CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Creates the folder, and makes it this object's alone until it is released or the program ends.
  /// Errors  FileError: it can't be created or written; another has claimed it, in this program or another
  void claim();
  void release() { lock_.release(); }

  /// The newest checkpoint that is whole; nothing if there is none at all. A training may write to the folder meanwhile.
  /// Errors  FileError: the folder can't be read; there are checkpoints, but none of them is whole
  std::optional<Snapshot> latest();

  /// The file that latest() has taken; empty: none. Those that it did not take although they are newer, and why.
  const std::filesystem::path& taken() const { return taken_; }
  const std::vector<std::string>& skipped() const { return skipped_; }

  /// Writes the checkpoint after this many steps, as write_checkpoint.
  void write(std::size_t step, Snapshot kept) const { write_checkpoint(path_of(step), std::move(kept)); }

  /// Sets the checkpoints after `step` aside as "….earlier", instead of those that were before, and removes what a kill has
  /// left of one.
  void set_aside(std::size_t step) const;

  /// Removes all checkpoints but the newest `keep` and that of the step `best`.
  void remove_old(std::size_t keep, std::size_t best) const;

 private:
  struct File {
    std::size_t step = 0;
    std::filesystem::path path;
  };

  static constexpr std::string_view stem = "checkpoint-", extension = ".safetensors", earlier = ".earlier";

  std::filesystem::path path_of(std::size_t step) const {
    return folder_ / (std::string(stem) + std::to_string(step) + std::string(extension));
  }

  /// The step of "checkpoint-<step>.safetensors<rest>"; nothing for other names.
  static std::optional<std::size_t> step_of(std::string_view name, std::string_view& rest);

  /// The files "checkpoint-<step>.safetensors<rest>…" of which `wanted(rest)` is true, the newest first.
  template <class Wanted>
  std::vector<File> files(const Wanted& wanted) const;
  std::vector<File> checkpoints() const {
    return files([](std::string_view rest) { return rest.empty(); });
  }

  /// Reads the newest checkpoint that is whole, if there is one. False where another program has removed a file since the
  /// folder was listed, as a training does that has written a newer one.
  bool read_newest(std::optional<Snapshot>& kept);

  static void remove(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }

  std::filesystem::path folder_, taken_;
  std::vector<std::string> skipped_;
  FolderLock lock_;
};

inline void CheckpointFolder::claim() {
  if (lock_) return;
  create_folder(folder_);
  FolderLock lock(folder_ / "checkpoint.lock");
  if (!lock)
    throw FileError(folder_.string(),
                    "another training keeps its checkpoints in this folder; wait for its end or choose another folder");
  require_writable(path_of(0));
  lock_ = std::move(lock);
}

inline std::optional<Snapshot> CheckpointFolder::latest() {
  constexpr int most_attempts = 20;
  std::optional<Snapshot> kept;
  for (int attempt = 1; !read_newest(kept) && attempt < most_attempts; ++attempt) {
  }
  if (kept || skipped_.empty()) return kept;
  throw FileError(folder_.string(), "none of its checkpoints can be used (" + std::to_string(skipped_.size()) +
                                        "); delete them to start from the beginning. The newest: " + skipped_.front());
}

inline bool CheckpointFolder::read_newest(std::optional<Snapshot>& kept) {
  skipped_.clear();
  taken_.clear();
  for (const File& file : checkpoints()) {
    try {
      kept = read_checkpoint(file.path);
      taken_ = file.path;
      return true;
    } catch (const FileError& error) {
      skipped_.emplace_back(error.what());
      std::error_code ignored;
      const auto left = std::filesystem::symlink_status(file.path, ignored);
      if (left.type() == std::filesystem::file_type::not_found) return false;
    }
  }
  return true;
}

inline std::optional<std::size_t> CheckpointFolder::step_of(std::string_view name, std::string_view& rest) {
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  std::size_t step = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (error != std::errc()) return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  if (!name.starts_with(extension)) return std::nullopt;
  rest = name.substr(extension.size());
  return step;
}

template <class Wanted>
std::vector<CheckpointFolder::File> CheckpointFolder::files(const Wanted& wanted) const {
  std::vector<File> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::string_view rest;
    if (const auto step = step_of(name, rest); step && wanted(rest)) found.push_back({*step, entry->path()});
  }
  if (error) throw FileError(folder_.string(), "the folder can't be read: " + error.message());
  std::sort(found.begin(), found.end(), [](const File& a, const File& b) { return a.step > b.step; });
  return found;
}

inline void CheckpointFolder::set_aside(std::size_t step) const {
  for (const File& left : files([](std::string_view rest) { return rest.starts_with(".partial"); })) remove(left.path);
  std::vector<File> newer = checkpoints();
  std::erase_if(newer, [&](const File& file) { return file.step <= step; });
  if (newer.empty()) return;
  for (const File& old : files([](std::string_view rest) { return rest == earlier; })) remove(old.path);
  std::reverse(newer.begin(), newer.end());  // the newest last: where this breaks off, a training can go on from it
  for (const File& file : newer) {
    std::error_code error;
    std::filesystem::rename(file.path, file.path.string() + std::string(earlier), error);
    if (error) throw FileError(file.path.string(), "can't be set aside: " + error.message());
  }
}

inline void CheckpointFolder::remove_old(std::size_t keep, std::size_t best) const {
  std::size_t newest = 0;
  for (const File& file : checkpoints())
    if (++newest > keep && file.step != best) remove(file.path);
}

}  // namespace odot::io
