#pragma once
// SPDX-License-Identifier: MIT
// Place: how far a training is, and how a snapshot holds that.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/events.hpp"
#include "odot/nn/loss_contract.hpp"
#include "odot/train/kept_options.hpp"

namespace odot::detail {

/// How far a training is, between two batches.
struct Place {
  TrainingReport report;     ///< of complete epochs; its seconds are those of all batches
  std::size_t batch = 0;     ///< batches done in the epoch after those
  nn::LossSums sums;         ///< of these batches
  double epoch_seconds = 0;  ///< of these batches

  std::size_t steps(const TrainingPlan& plan) const { return report.epochs.size() * plan.batches + batch; }
};

/// Adds the place as the array "training.epochs" [epochs, 6] and as facts, and what must be the same in the training
/// that is resumed.
ODOT_COLD ODOT_FUNCTION void add_place(const Place& place, const TrainingPlan& plan, Seed seed, Snapshot& kept);

/// The steps that a training has done of which add_place has added the place.
/// Errors  ArgumentError: the snapshot is of no training
ODOT_COLD ODOT_FUNCTION std::size_t steps_in(const Snapshot& kept, const TrainingPlan& plan);

/// Throws ArgumentError, and lists what differs, where the snapshot is of a training with other samples, batches or another
/// seed, or with other options than these; null: any will do.
ODOT_COLD ODOT_FUNCTION void require_same_training(const Snapshot& kept, const TrainingPlan& plan, Seed seed,
                                                   const Snapshot* options);

/// The place that add_place has added.
/// Errors  ArgumentError: a place that the training does not have
ODOT_COLD ODOT_FUNCTION Place place_in(const Snapshot& kept, const TrainingPlan& plan);

#if ODOT_DEFINITIONS

inline constexpr const char* place_version = "1";
inline constexpr std::size_t epoch_columns = 6;

ODOT_FUNCTION void add_place(const Place& place, const TrainingPlan& plan, Seed seed, Snapshot& kept) {
  const TrainingReport& report = place.report;
  std::vector<double> numbers;
  for (const EpochEvent& e : report.epochs)
    numbers.insert(numbers.end(),
                   {e.mean_loss, e.train_accuracy, e.test_loss, e.test_accuracy, e.seconds, e.samples_per_second});
  kept.add("training.epochs", {report.epochs.size(), epoch_columns}, std::span<const double>(numbers));
  kept.set_fact("training.version", place_version);
  kept.set_fact("training.epoch", report.epochs.size());
  kept.set_fact("training.batch", place.batch);
  kept.set_fact("training.planned_epochs", plan.epochs);
  kept.set_fact("training.seconds", report.seconds);
  kept.set_fact("training.epoch_seconds", place.epoch_seconds);
  kept.set_fact("training.epoch_loss", place.sums.loss);
  kept.set_fact("training.epoch_correct", place.sums.correct);
  kept.set_fact("training.epoch_samples", place.sums.samples);
  kept.set_fact("training.epoch_weight", place.sums.weight);
  kept.set_fact("training.samples", plan.samples);
  kept.set_fact("training.test_samples", plan.test_samples);
  kept.set_fact("training.batch_size", plan.batch_size);
  kept.set_fact("training.seed", seed.value);
}

[[noreturn]] ODOT_COLD inline void refuse_place(const std::string& what) {
  throw ArgumentError("odot::fit: the training can't be resumed from this snapshot: " + what);
}

ODOT_FUNCTION std::size_t steps_in(const Snapshot& kept, const TrainingPlan& plan) {
  if (const auto version = kept.text("training.version"); version != place_version)
    refuse_place(version ? "expected training.version " + std::string(place_version) + ", found " +
                               shown_name(*version) + "; it is from another version of odot"
                         : "it has no training.version and is not a TrainingPosition's");
  return static_cast<std::size_t>(kept.required_count("training.epoch") * plan.batches +
                                  kept.required_count("training.batch"));
}

ODOT_FUNCTION void require_same_training(const Snapshot& kept, const TrainingPlan& plan, Seed seed,
                                         const Snapshot* options) {
  std::string other;
  const auto demand = [&](const char* name, std::uint64_t expected) {
    const std::uint64_t found = kept.required_count(std::string("training.") + name);
    if (found == expected) return;
    other.append(other.empty() ? "" : ", ").append(name).append(" ").append(std::to_string(found));
    other.append(" instead of ").append(std::to_string(expected));
  };
  demand("samples", plan.samples);
  demand("test_samples", plan.test_samples);
  demand("batch_size", plan.batch_size);
  demand("seed", seed.value);
  const std::string others = options ? different_options(kept, *options) : "";
  if (other.empty() && !others.empty())
    refuse_place("it is of a training with other options: " + others +
                 "; FitOptions::resume_with_other_options continues with those here");
  if (!other.empty()) refuse_place("it is of another training, with " + other + (others.empty() ? "" : ", ") + others);
}

ODOT_FUNCTION Place place_in(const Snapshot& kept, const TrainingPlan& plan) {
  Place place;
  const std::vector<double> numbers = kept.values<double>("training.epochs");
  const std::uint64_t epochs = kept.required_count("training.epoch");
  place.batch = static_cast<std::size_t>(kept.required_count("training.batch"));
  if (numbers.size() / epoch_columns != epochs || numbers.size() % epoch_columns != 0 || place.batch >= plan.batches)
    refuse_place("expected training.epochs of training.epoch rows and a batch before " + std::to_string(plan.batches) +
                 ", found " + std::to_string(numbers.size()) + " numbers, " + std::to_string(epochs) +
                 " epochs and batch " + std::to_string(place.batch));
  for (std::size_t i = 0; i < numbers.size(); i += epoch_columns)
    place.report.epochs.push_back({.epoch = i / epoch_columns + 1,
                                   .mean_loss = numbers[i],
                                   .train_accuracy = numbers[i + 1],
                                   .test_loss = numbers[i + 2],
                                   .test_accuracy = numbers[i + 3],
                                   .seconds = numbers[i + 4],
                                   .samples_per_second = numbers[i + 5]});
  place.report.seconds = kept.required_number("training.seconds");
  place.epoch_seconds = kept.required_number("training.epoch_seconds");
  place.sums.loss = kept.required_number("training.epoch_loss");
  place.sums.correct = static_cast<std::int64_t>(kept.required_count("training.epoch_correct"));
  place.sums.samples = static_cast<std::int64_t>(kept.required_count("training.epoch_samples"));
  place.sums.weight = kept.number("training.epoch_weight").value_or(0);
  return place;
}

#endif

}  // namespace odot::detail
