#pragma once
// SPDX-License-Identifier: MIT
// Checkpoint: saves a training in files while it runs, so that it can be resumed after a kill.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/events/callback.hpp"
#include "odot/io/checkpoint_file.hpp"
#include "odot/io/write_file.hpp"
#include "odot/nn/snapshot.hpp"

namespace odot::io {

/// When checkpoints are written: after each of these intervals that is not 0. One is also written after an epoch that
/// is the best so far, unless keep_best is false, and when the training ends or is stopped.
struct CheckpointOptions {
  std::size_t every_epochs = 1;
  std::size_t every_batches = 0;
  double every_seconds = 0;  ///< after the step in which this time has passed
  std::size_t keep = 2;      ///< how many of the newest stay
  bool keep_best = true;     ///< and the best epoch's: that with the lowest loss on fit's second set, or in training
};

/// Writes checkpoints of a training into a folder that is this training's alone:
///     io::Checkpoint checkpoint{"runs/b"};
///     fit(network, adam, train, test, {.epochs = 10, .resume = checkpoint.latest()}, ProgressBar{}, checkpoint);
/// A checkpoint is one file, checkpoint-<batches done>.safetensors, which contains its own digest. It is written under
/// a temporary name: a kill or a power cut at any time leaves the earlier ones as they were. A training that starts
/// from the beginning sets the checkpoints in the folder aside, as checkpoint-….safetensors.earlier; a resumed one sets
/// those aside that are newer than its position. What was set aside before is then deleted.
/// A signal alone writes no checkpoint; let it stop the training: Interrupt, FitOptions::should_stop.
/// Errors  ArgumentError: keep is 0; before the first batch: an optimizer that can't be saved
///         FileError: the folder can't be created or written (the constructor checks this already). If it is thrown
///         while a checkpoint is written, it ends the training, and the last one is still there. (If file sizes are
///         limited, the program must ignore SIGXFSZ.)
class Checkpoint : public Callback {
 public:
  explicit Checkpoint(std::filesystem::path folder, const CheckpointOptions& options = {});

  /// The newest intact checkpoint; nothing if there is no checkpoint at all.
  /// Errors  FileError: the folder can't be read; there are checkpoints, but none is intact
  std::optional<Snapshot> latest();

  /// The file that latest() has read, empty if none; and the newer ones that it has skipped, with the reasons.
  const std::filesystem::path& taken() const { return taken_; }
  const std::vector<std::string>& skipped() const { return skipped_; }

  /// Sets aside what an earlier training has left in the folder, as fit does for a training that starts from the
  /// beginning. Call it if long work comes before fit: otherwise, if the program is killed during that work, latest()
  /// would next find the earlier training.
  void begin_anew() { set_aside(0); }

  void on_begin(const TrainingPlan& plan) override;
  void on_epoch(const EpochEvent& e) override;
  bool wants_position(const StepEvent& at) override;
  void on_position(const TrainingPosition& position) override;

  /// Which epoch was the best.
  Snapshot state() const override;
  void restore_state(const Snapshot& kept) override;

 private:
  using Clock = std::chrono::steady_clock;

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

  /// Sets aside the checkpoints after `step`, and removes unfinished files that a kill has left.
  void set_aside(std::size_t step);
  void remove_old() const;

  static void remove(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }

  std::filesystem::path folder_, taken_;
  CheckpointOptions options_;
  std::vector<std::string> skipped_;
  std::size_t batches_ = 0;  // of an epoch
  std::size_t best_step_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
  Clock::time_point written_ = Clock::now();
  bool due_ = false;
};

inline Checkpoint::Checkpoint(std::filesystem::path folder, const CheckpointOptions& options)
    : folder_(std::move(folder)), options_(options) {
  if (options.keep == 0) throw ArgumentError("odot::io::Checkpoint: keep must be at least 1, found 0");
  create_folder(folder_);
  require_writable(path_of(0));
}

inline std::optional<Snapshot> Checkpoint::latest() {
  skipped_.clear();
  taken_.clear();
  for (const File& file : checkpoints()) {
    try {
      Snapshot kept = read_checkpoint(file.path);
      taken_ = file.path;
      return kept;
    } catch (const FileError& error) {
      skipped_.emplace_back(error.what());
    }
  }
  if (skipped_.empty()) return std::nullopt;
  throw FileError(folder_.string(), "none of its checkpoints can be used (" + std::to_string(skipped_.size()) +
                                        "); delete them to start from the beginning. The newest: " + skipped_.front());
}

inline void Checkpoint::on_begin(const TrainingPlan& plan) {
  if (!plan.can_be_kept)
    throw ArgumentError(
        "odot::io::Checkpoint: this optimizer can't be kept; give it snapshot and restore, as "
        "odot/optim/optimizer_contract.hpp says");
  batches_ = plan.batches;
  best_step_ = 0;
  best_loss_ = std::numeric_limits<double>::infinity();
  written_ = Clock::now();
  set_aside(plan.steps_before);
}

inline void Checkpoint::on_epoch(const EpochEvent& e) {
  const double loss = std::isnan(e.test_loss) ? e.mean_loss : e.test_loss;
  if (!(loss < best_loss_)) return;
  best_loss_ = loss;
  best_step_ = e.epoch * batches_;
}

inline bool Checkpoint::wants_position(const StepEvent& at) {
  const bool batch = options_.every_batches > 0 && at.step % options_.every_batches == 0;
  const bool time = options_.every_seconds > 0 &&
                    std::chrono::duration<double>(Clock::now() - written_).count() >= options_.every_seconds;
  return due_ = batch || time;
}

inline void Checkpoint::on_position(const TrainingPosition& position) {
  const bool epoch = options_.every_epochs > 0 && position.epochs % options_.every_epochs == 0;
  const bool best = options_.keep_best && best_step_ == position.step;
  if (!due_ && !position.last && !(position.batch == 0 && (epoch || best))) return;
  write_checkpoint(path_of(position.step), position.snapshot());
  due_ = false;
  written_ = Clock::now();
  remove_old();
}

inline Snapshot Checkpoint::state() const {
  Snapshot kept;
  kept.set_fact("callback", "Checkpoint");
  kept.set_fact("best_step", best_step_);
  if (best_step_ > 0) kept.set_fact("best_loss", best_loss_);
  return kept;
}

inline void Checkpoint::restore_state(const Snapshot& kept) {
  best_step_ = static_cast<std::size_t>(kept.required_count("best_step"));
  if (best_step_ > 0) best_loss_ = kept.required_number("best_loss");
}

inline std::optional<std::size_t> Checkpoint::step_of(std::string_view name, std::string_view& rest) {
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
std::vector<Checkpoint::File> Checkpoint::files(const Wanted& wanted) const {
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

inline void Checkpoint::set_aside(std::size_t step) {
  for (const File& left : files([](std::string_view rest) { return rest.starts_with(".partial"); })) remove(left.path);
  std::vector<File> newer = checkpoints();
  std::erase_if(newer, [&](const File& file) { return file.step <= step; });
  if (newer.empty()) return;
  for (const File& old : files([](std::string_view rest) { return rest == earlier; })) remove(old.path);
  for (const File& file : newer) {
    std::error_code error;
    std::filesystem::rename(file.path, file.path.string() + std::string(earlier), error);
    if (error) throw FileError(file.path.string(), "can't be set aside: " + error.message());
  }
}

inline void Checkpoint::remove_old() const {
  std::size_t newest = 0;
  for (const File& file : checkpoints()) {
    const bool best = options_.keep_best && file.step == best_step_;
    if (++newest > options_.keep && !best) remove(file.path);
  }
}

}  // namespace odot::io
