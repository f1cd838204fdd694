#pragma once
// SPDX-License-Identifier: MIT
// What a training run tells its callbacks, and what it returns.

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace odot {

/// Known before the first batch.
struct TrainingPlan {
  std::size_t epochs = 0, batches = 0;  ///< batches per epoch
  std::size_t samples = 0, test_samples = 0, batch_size = 0;
  std::string test_name = "test";  ///< FitOptions::test_name
};

// Accuracies are in %, and NaN if the targets are numbers instead of labels. Without a test set, its loss and accuracy
// are NaN. Losses are in nats if they are likelihoods, otherwise in the loss's own unit.

/// Before every step.
struct StepEvent {
  std::size_t epoch = 0, batch = 0;  ///< both counted from 1
  std::size_t step = 0;              ///< batches since the start of the training, counted from 1
  std::size_t samples = 0;           ///< in this batch
};

/// After every batch.
struct BatchEvent {
  std::size_t epoch = 0, batch = 0;  ///< both counted from 1
  std::size_t step = 0;              ///< batches since the start of the training, counted from 1
  std::size_t samples = 0;           ///< in this batch
  double loss = 0;                   ///< mean over the batch
  double accuracy = 0;               ///< of the batch, before the step
};

/// After every epoch.
struct EpochEvent {
  std::size_t epoch = 0;      ///< counted from 1
  double mean_loss = 0;       ///< mean over the samples, each before the step in which it took part
  double train_accuracy = 0;  ///< over the same samples, at the same time
  double test_loss = 0;       ///< mean over the test samples
  double test_accuracy = 0;
  double seconds = 0;  ///< of training, without the evaluation
  double samples_per_second = 0;
};

/// The result of a training run.
struct TrainingReport {
  std::vector<EpochEvent> epochs;                               ///< completed epochs
  bool interrupted = false;                                     ///< stopped before the planned end
  double test_loss = std::numeric_limits<double>::quiet_NaN();  ///< mean over the test samples at the end
  double accuracy = std::numeric_limits<double>::quiet_NaN();   ///< of the test samples at the end
  double seconds = 0;                                           ///< of training alone
};

/// Watches a training run. Override the functions that you need. A callback that needs the network takes a reference to
/// it in its constructor, as KeepBest does.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_begin(const TrainingPlan&) {}
  /// The network's gradients() are the batch's, its parameters those before the step. On a GPU the host is ahead of the
  /// device here, and the step may be captured as a graph. So this function may only give work to the device, by the
  /// same kernels for all batches of one size. What that work leaves in the device's memory is there when on_batch is
  /// called, which happens for several batches in a row.
  virtual void on_gradients(const StepEvent&) {}
  virtual void on_batch(const BatchEvent&) {}
  virtual void on_epoch(const EpochEvent&) {}
  virtual void on_end(const TrainingReport&) {}
};

}  // namespace odot
