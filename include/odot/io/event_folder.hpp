#pragma once
// SPDX-License-Identifier: MIT
// EventFolder: the event files of one training, of which each run of it, resumed or not, writes one.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/io/event_file.hpp"
#include "odot/io/folder_lock.hpp"
#include "odot/io/write_file.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace odot::io {

/// Seconds since 1970, as TensorBoard's records have them.
ODOT_COLD inline double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The files events.out.tfevents.<seconds>.<host>.<process>.<number>.odot of a folder. Readers take them in the order of
/// their names, which is the order in which they were written. Files of other programs stay as they are.
class EventFolder {
 public:
  /// Errors  FileError: the folder can't be created or written
  ODOT_COLD explicit EventFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    create_folder(folder_);
    require_writable(folder_ / "events.out.odot");
  }

  /// The file that this object writes; null before `open`.
  EventFile* file() { return file_ ? &*file_ : nullptr; }

  /// Whether there are files of this training before the one that is written now.
  bool continued() const { return !before_.empty(); }

  /// Begins a new file. Before that, those of `restore` are cut off, and files of odot in the folder that do not belong
  /// to this training are renamed to events.out.earlier.…, which TensorBoard does not read; those that were renamed before
  /// are deleted. Until this object ends, no other may write to the folder.
  /// Errors  FileError; also where another training has the folder
  ODOT_COLD EventFile& open();

  /// From now on there is no file; the next one begins another training.
  ODOT_COLD void start_over() {
    file_.reset();
    before_.clear();
  }

  /// The files of this training with their sizes, as facts, flushed to the disk.
  ODOT_COLD void keep(Snapshot& kept) const;

  /// Takes over files as they were when `kept` was made. What was written to them afterwards is cut off when the next
  /// file begins, so that a training that is refused changes nothing; so do files return that another training has set
  /// aside. Files that are not there any more are no error.
  /// Errors  ArgumentError: facts that `keep` does not write
  ODOT_COLD void restore(const Snapshot& kept);

 private:
  struct Known {
    std::string name;
    std::uint64_t size = 0;
  };

  static constexpr std::string_view stem = "events.out.tfevents.", extension = ".odot",
                                    earlier_stem = "events.out.earlier.";

  /// The names in the folder that begin so and end in .odot, ascending.
  ODOT_COLD std::vector<std::string> names(std::string_view begin) const;
  std::filesystem::path earlier_path(const std::string& name) const {
    return folder_ / (std::string(earlier_stem) + name.substr(stem.size()));
  }
  ODOT_COLD void lock();
  ODOT_COLD void bring_back() const;
  ODOT_COLD void cut_off() const;
  ODOT_COLD void set_others_aside() const;
  ODOT_COLD std::string next_name() const;

  [[noreturn]] ODOT_COLD static void fail(const std::filesystem::path& path, const char* what,
                                          const std::error_code& error) {
    throw FileError(path.string(), std::string(what) + ": " + error.message());
  }

  std::filesystem::path folder_;
  std::vector<Known> before_;
  std::optional<EventFile> file_;
  FolderLock lock_;
};

inline std::vector<std::string> EventFolder::names(std::string_view begin) const {
  std::vector<std::string> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(begin) && name.ends_with(extension)) found.push_back(name);
  }
  if (error) fail(folder_, "the folder can't be read", error);
  std::sort(found.begin(), found.end());
  return found;
}

inline void EventFolder::set_others_aside() const {
  std::vector<std::string> others = names(stem);
  std::erase_if(others, [this](const std::string& name) {
    return std::any_of(before_.begin(), before_.end(), [&](const Known& known) { return known.name == name; });
  });
  if (others.empty()) return;
  std::error_code error;
  for (const std::string& name : names(earlier_stem))
    if (!std::filesystem::remove(folder_ / name, error) && error) fail(folder_ / name, "can't be deleted", error);
  for (const std::string& name : others) {
    std::filesystem::rename(folder_ / name, earlier_path(name), error);
    if (error) fail(folder_ / name, "can't be renamed", error);
  }
}

inline std::string EventFolder::next_name() const {
  std::string host = "localhost", process = "0";
#if __has_include(<unistd.h>)
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') host = name;
  process = std::to_string(getpid());
#endif
  for (char& letter : host)
    if (letter == '/' || static_cast<unsigned char>(letter) < 0x21) letter = '_';
  const std::string last = before_.empty() ? "" : before_.back().name;
  auto seconds = static_cast<std::uint64_t>(wall_time());
  for (std::uint64_t number = 0;; ++number, ++seconds) {
    std::string next = std::string(stem) + std::to_string(seconds) + '.' + host + '.' + process + '.' +
                       std::to_string(number) + std::string(extension);
    if (next > last && !std::filesystem::exists(folder_ / next) && !std::filesystem::exists(earlier_path(next)))
      return next;
  }
}

inline void EventFolder::lock() {
  if (lock_) return;
  lock_ = FolderLock(folder_ / "events.lock");
  if (!lock_)
    throw FileError(folder_.string(), "another training is writing its events to this folder; choose another");
}

inline void EventFolder::bring_back() const {
  for (const Known& known : before_) {
    std::error_code error;
    if (std::filesystem::exists(folder_ / known.name, error)) continue;
    std::filesystem::rename(earlier_path(known.name), folder_ / known.name, error);
    if (error) fail(folder_ / known.name, "can't be renamed", error);
  }
}

inline void EventFolder::cut_off() const {
  for (const Known& known : before_) {
    std::error_code error;
    const std::uint64_t found = std::filesystem::file_size(folder_ / known.name, error);
    if (!error && found > known.size) std::filesystem::resize_file(folder_ / known.name, known.size, error);
    if (error) fail(folder_ / known.name, "can't be cut off", error);
  }
}

inline EventFile& EventFolder::open() {
  lock();
  bring_back();
  cut_off();
  set_others_aside();
  return file_.emplace(folder_ / next_name());
}

inline void EventFolder::keep(Snapshot& kept) const {
  std::vector<Known> all = before_;
  if (file_) {
    file_->sync();
    all.push_back({file_->path().filename().string(), file_->size()});
  }
  kept.set_fact("files", all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    kept.set_fact("file." + std::to_string(i), all[i].name);
    kept.set_fact("size." + std::to_string(i), all[i].size);
  }
}

inline void EventFolder::restore(const Snapshot& kept) {
  start_over();
  const auto count = static_cast<std::size_t>(kept.required_count("files"));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = kept.required_text("file." + std::to_string(i));
    const std::uint64_t size = kept.required_count("size." + std::to_string(i));
    if (!name.starts_with(stem) || !name.ends_with(extension) || name.find_first_of("/\\") != std::string::npos)
      throw ArgumentError("odot::io::TensorBoard: expected the name of an event file, found \"" + shown_name(name) +
                          "\"");
    if (std::filesystem::exists(folder_ / name) || std::filesystem::exists(earlier_path(name)))
      before_.push_back({name, size});
  }
}

}  // namespace odot::io
