#pragma once
// SPDX-License-Identifier: MIT
// KeepBest: the weights of a training's best epoch.

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "odot/core/device.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/train/metric.hpp"

namespace odot {

template <DeviceType Device, class Scalar>
class WeightAverage;  // train/weight_average.hpp

struct KeepBestOptions {
  Metric metric = "test_loss";
  double min_delta = 0;  ///< an epoch must be better than the best one so far by more than this
};

/// Keeps a snapshot of a network, in host memory, after every epoch that is the best of this fit so far, by default by the
/// loss on fit's second set, which should be a validation set.
///     KeepBest best(network);                                    or KeepBest best(network, {.metric = "test_accuracy"});
///     fit(network, adam, train, validation, options, best);
///     best.restore();
/// The network must outlive it. If fit evaluates averaged weights, give KeepBest their average, which must come before
/// `best` in fit's arguments: then the averaged weights are kept.
///     WeightAverage average(network);
///     KeepBest best(network, average);
/// Errors  ArgumentError: the metric is of the second set, and there is none; thrown before the first batch. (The
///         training loss would nearly always choose the last epoch.)
template <class Network>
class KeepBest : public Callback {
 public:
  explicit KeepBest(Network& network, KeepBestOptions options = {})
      : network_(&network), weights_([this] { return network_->snapshot(); }),
        best_("odot::KeepBest", std::move(options.metric), options.min_delta) {}
  template <class Device, class Scalar>
  KeepBest(Network& network, const WeightAverage<Device, Scalar>& average, KeepBestOptions options = {})
      : network_(&network), weights_([&average] { return average.averaged(); }),
        best_("odot::KeepBest", std::move(options.metric), options.min_delta) {}
  KeepBest(const KeepBest&) = delete;  // weights_ may refer to it
  KeepBest& operator=(const KeepBest&) = delete;

  /// Every call of fit starts from the beginning.
  void on_begin(const TrainingPlan& plan) override {
    best_.demand(plan);
    best_.clear();
    kept_.reset();
  }

  void on_epoch(const EpochEvent& e) override {
    if (best_.take(e)) kept_ = weights_();
  }

  /// The best epoch so far, with its weights.
  Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", "KeepBest");
    best_.keep(kept);
    if (kept_) kept.merge(*kept_, "weights.");
    return kept;
  }
  void restore_state(const Snapshot& kept) override {
    best_.restore(kept);
    if (best_.epoch() > 0) kept_ = kept.part("weights.");
    else kept_.reset();
  }

  /// Gives the network the weights of the best epoch. Returns false, and leaves the network as it is, if no epoch has
  /// ended with a number as metric, for instance because the training was stopped in its first epoch.
  bool restore() {
    if (kept_) network_->restore(*kept_);
    return kept_.has_value();
  }

  /// The best epoch so far, counted from 1 (0: none), and the value of its metric (NaN: none).
  std::size_t epoch() const { return best_.epoch(); }
  double value() const { return best_.value(); }

 private:
  Network* network_;
  std::function<Snapshot()> weights_;
  std::optional<Snapshot> kept_;
  detail::BestEpoch best_;
};

}  // namespace odot
