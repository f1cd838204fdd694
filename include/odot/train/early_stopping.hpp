#pragma once
// SPDX-License-Identifier: MIT
// EarlyStopping: ends a training that gets no better.

#include <cstddef>
#include <string>
#include <utility>

#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/train/metric.hpp"

namespace odot {

struct EarlyStoppingOptions {
  Metric metric = "test_loss";
  std::size_t patience = 5;  ///< epochs in a row that may be no better than the best one so far
  double min_delta = 0;      ///< an epoch counts as better only by more than this
};

/// Ends a training once `patience` + 1 epochs in a row were no better than the best one: TrainingReport::stopped_early
/// says so. For the weights of the best epoch, give fit a KeepBest as well.
///     fit(network, adam, train, validation, {.epochs = 200}, EarlyStopping({.patience = 10}));
/// Errors  ArgumentError: the metric is of fit's second set, and there is none; thrown before the first batch
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {})
      : patience_(options.patience), best_("odot::EarlyStopping", std::move(options.metric), options.min_delta) {}

  /// Every call of fit starts counting again.
  void on_begin(const TrainingPlan& plan) override {
    best_.demand(plan);
    best_.clear();
    since_ = 0;
  }
  void on_epoch(const EpochEvent& e) override { since_ = best_.take(e) ? 0 : since_ + 1; }
  bool wants_stop() const override { return since_ > patience_; }

  Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", "EarlyStopping");
    best_.keep(kept);
    kept.set_fact("epochs_since", since_);
    return kept;
  }
  void restore_state(const Snapshot& kept) override {
    best_.restore(kept);
    since_ = static_cast<std::size_t>(kept.required_count("epochs_since"));
  }

  /// The best epoch so far, counted from 1 (0: none), the value of its metric (NaN: none), and the epochs since.
  std::size_t epoch() const { return best_.epoch(); }
  double value() const { return best_.value(); }
  std::size_t epochs_since() const { return since_; }

 private:
  std::size_t patience_;
  detail::BestEpoch best_;
  std::size_t since_ = 0;
};

}  // namespace odot
