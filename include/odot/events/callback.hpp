#pragma once
// SPDX-License-Identifier: MIT
// Callback: what watches a training run; TrainingPosition: a moment of the run from which it can be resumed.

#include <cstddef>

#include "odot/core/snapshot.hpp"
#include "odot/events/events.hpp"

namespace odot {

/// A moment between two batches, at which a training can be saved. The object is valid during the call.
class TrainingPosition {
 public:
  std::size_t step = 0;    ///< batches done since the start of the training
  std::size_t epochs = 0;  ///< whole epochs done
  std::size_t batch = 0;   ///< batches done in the epoch after those; 0 at the end of an epoch
  bool last = false;       ///< whether the training ends here, complete or stopped

  /// All that fit needs to continue from here (FitOptions::resume): network, optimizer, report, seeds, and the state()
  /// of every callback.
  /// Errors  ArgumentError: the optimizer has no snapshot and restore (optim/optimizer_contract.hpp;
  ///         TrainingPlan::can_be_kept says so before the first batch); a state that violates Callback::state's
  ///         contract
  virtual Snapshot snapshot() const = 0;

 protected:
  ~TrainingPosition() = default;
};

/// Watches a training run. Override the functions that you need. A callback that needs the network takes a reference to
/// it in its constructor, as KeepBest does.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_begin(const TrainingPlan&) {}
  /// The network's gradients() are the batch's, its parameters those before the step. On a GPU the host is ahead of the
  /// device here, and the step may be captured as a graph. So this function may only launch work on the device, with
  /// the same kernels for all batches of one size. The results of that work are in the device's memory when on_batch is
  /// called, which happens for several batches in a row.
  virtual void on_gradients(const StepEvent&) {}
  /// The network's parameters are those after the step. Otherwise like on_gradients.
  virtual void on_step(const StepEvent&) {}
  virtual void on_batch(const BatchEvent&) {}
  virtual void on_epoch(const EpochEvent&) {}
  virtual void on_end(const TrainingReport&) {}

  /// Called around each evaluation on fit's second set. after_evaluation must undo what before_evaluation has changed
  /// in the network, for instance weights replaced by their average. It is called in reverse order, even if the
  /// evaluation throws.
  virtual void before_evaluation() {}
  virtual void after_evaluation() {}

  /// Whether the training is to end here. Called after every epoch, and before the first.
  virtual bool wants_stop() const { return false; }

  // ---- saving and resuming a training

  /// What this callback must know at a position to continue from there as if nothing had happened. A callback that
  /// remembers nothing from its events has no state, which is the default. In a state, the fact "callback" names the
  /// callback's kind, in letters and digits; two callbacks of one kind are told apart by their order in fit's
  /// arguments. Names need no prefix.
  ///     Snapshot state() const override {
  ///       Snapshot kept;
  ///       kept.set_fact("callback", "EarlyStopping");
  ///       kept.set_fact("best", best_);                                           exact: a number, a count or a text
  ///       kept.add("losses", {losses_.size()}, std::span<const double>(losses_));
  ///       return kept;
  ///     }
  virtual Snapshot state() const { return {}; }

  /// Takes over what state() returned at the position from which the training is resumed. Called after on_begin, before
  /// the first batch; not called if the training was saved without this callback.
  ///     void restore_state(const Snapshot& kept) override {
  ///       best_ = kept.required_number("best");                                   throws where it is not there
  ///       losses_ = kept.values<double>("losses");
  ///     }
  virtual void restore_state(const Snapshot&) {}

  /// Whether a position is wanted right after this step. On the Cpu there is one after every step; a GPU is waited for
  /// only if a callback wants it.
  virtual bool wants_position(const StepEvent&) { return false; }

  /// Called between two batches, when every callback has seen the same events, after on_batch and on_epoch. It must not
  /// change what state() returns.
  virtual void on_position(const TrainingPosition&) {}
};

}  // namespace odot
