#pragma once
// SPDX-License-Identifier: MIT
// Checkpoint: saves a training in files while it runs, so that it can be resumed after a kill.

#include <chrono>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/io/checkpoint_folder.hpp"

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
/// A checkpoint is one file, checkpoint-<batches done>.safetensors, with a digest of its own, and is written under a
/// temporary name: a kill or a power cut at any time leaves the ones before as they were. A training that starts from the
/// beginning renames the checkpoints that it finds to checkpoint-….safetensors.earlier; a resumed one does so with those
/// that are newer than its position. The next renaming deletes these.
/// The folder is locked until the training or this object ends, since two trainings would delete each other's files:
/// another Checkpoint of the folder, in this program or another, is refused. (A kill releases the lock; its file,
/// checkpoint.lock, stays.)
/// A signal does not write a checkpoint by itself; let it stop the training: Interrupt, FitOptions::should_stop.
/// Errors  ArgumentError: .keep is 0; before the first batch, an optimizer that can't be kept
///         FileError: the folder can't be created or written, or another Checkpoint has it (the constructor checks both).
///         While a checkpoint is being written, it ends the training, and the last one is still there. (Under a limit on
///         the size of files, the program must ignore SIGXFSZ for that.)
class Checkpoint : public Callback {
 public:
  explicit Checkpoint(std::filesystem::path folder, const CheckpointOptions& options = {})
      : folder_(std::move(folder)), options_(options) {
    if (options.keep == 0) throw ArgumentError("odot::io::Checkpoint: keep must be at least 1, found 0");
    folder_.claim();
  }

  /// The newest checkpoint that is whole; nothing if there is none at all. (While a training runs, others ask a
  /// CheckpointFolder for it.)
  /// Errors  FileError: the folder can't be read; there are checkpoints, but none of them is whole; another Checkpoint has
  ///         the folder
  std::optional<Snapshot> latest() {
    folder_.claim();
    return folder_.latest();
  }

  /// The file that latest() has taken; empty: none. Those that it did not take although they are newer, and why.
  const std::filesystem::path& taken() const { return folder_.taken(); }
  const std::vector<std::string>& skipped() const { return folder_.skipped(); }

  /// Renames what an earlier training has left in the folder, as a training that starts from the beginning does. Call it
  /// before long work that comes before fit: if the program is killed there, latest() must not find the earlier training.
  void start_over() {
    folder_.claim();
    folder_.set_aside(0);
  }

  void on_begin(const TrainingPlan& plan) override;
  void on_epoch(const EpochEvent& e) override;
  void on_end(const TrainingReport&) override { folder_.release(); }
  bool wants_position(const StepEvent& at) override;
  void on_position(const TrainingPosition& position) override;

  /// Which epoch was the best.
  Snapshot state() const override;
  void restore_state(const Snapshot& kept) override;

 private:
  using Clock = std::chrono::steady_clock;

  CheckpointFolder folder_;
  CheckpointOptions options_;
  std::size_t batches_ = 0;  // of an epoch
  std::size_t best_step_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
  Clock::time_point written_ = Clock::now();
  bool due_ = false;
};

inline void Checkpoint::on_begin(const TrainingPlan& plan) {
  if (!plan.can_be_kept)
    throw ArgumentError(
        "odot::io::Checkpoint: this optimizer can't be kept; give it snapshot and restore, as "
        "odot/optim/optimizer_contract.hpp says");
  batches_ = plan.batches;
  best_step_ = 0;
  best_loss_ = std::numeric_limits<double>::infinity();
  written_ = Clock::now();
  folder_.claim();
  folder_.set_aside(plan.steps_before);
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
  folder_.write(position.step, position.snapshot());
  due_ = false;
  written_ = Clock::now();
  folder_.remove_old(options_.keep, options_.keep_best ? best_step_ : 0);
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

}  // namespace odot::io
