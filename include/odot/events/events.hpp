#pragma once
// SPDX-License-Identifier: MIT
// What happens in a training run, and what it returns.

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
  std::size_t steps_before = 0;    ///< batches that the resumed training has done before
  bool can_be_kept = true;         ///< whether TrainingPosition::snapshot can be called
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
  double mean_loss = 0;       ///< mean over the samples, each taken before its batch's step
  double train_accuracy = 0;  ///< over the same samples, at the same moments
  double test_loss = 0;       ///< mean over the test samples
  double test_accuracy = 0;
  double seconds = 0;  ///< of training, without the evaluation
  double samples_per_second = 0;
};

/// The result of a training run.
struct TrainingReport {
  std::vector<EpochEvent> epochs;                               ///< completed epochs
  bool interrupted = false;                                     ///< stopped before the planned end, by the user
  bool stopped_early = false;                                   ///< ended before that because a callback wanted it
  double test_loss = std::numeric_limits<double>::quiet_NaN();  ///< mean over the test samples at the end
  double accuracy = std::numeric_limits<double>::quiet_NaN();   ///< of the test samples at the end
  double seconds = 0;                                           ///< of training alone
};

}  // namespace odot
