#pragma once
// SPDX-License-Identifier: MIT
// KeepBest: the weights of a training's best epoch.

#include <cstddef>
#include <limits>
#include <optional>

#include "odot/core/error.hpp"
#include "odot/events/callback.hpp"
#include "odot/nn/snapshot.hpp"

namespace odot {

/// Keeps a snapshot of a network, in host memory, after every epoch with the lowest loss so far on fit's second set,
/// which should be a validation set.
///     KeepBest best(network);
///     fit(network, adam, train, validation, options, best);
///     best.restore();
/// The network must outlive it.
/// Errors  ArgumentError: there is no second set; thrown before the first batch. (The training loss would nearly always
///         choose the last epoch.)
template <class Network>
class KeepBest : public Callback {
 public:
  explicit KeepBest(Network& network) : network_(&network) {}

  void on_begin(const TrainingPlan& plan) override {
    if (plan.test_samples == 0)
      throw ArgumentError(
          "odot::KeepBest: the best epoch is the one with the lowest loss on fit's second set, but there is none; "
          "give fit a validation set");
  }

  void on_epoch(const EpochEvent& e) override {
    if (!(e.test_loss < loss_)) return;
    loss_ = e.test_loss;
    epoch_ = e.epoch;
    kept_ = network_->snapshot();
  }

  /// The best epoch so far, with its weights.
  Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", "KeepBest");
    kept.set_fact("epoch", epoch_);
    if (!kept_) return kept;
    kept.set_fact("loss", loss_);
    kept.merge(*kept_, "weights.");
    return kept;
  }
  void restore_state(const Snapshot& kept) override {
    epoch_ = static_cast<std::size_t>(kept.required_count("epoch"));
    if (epoch_ == 0) return;
    loss_ = kept.required_number("loss");
    kept_ = kept.part("weights.");
  }

  /// Gives the network the weights of the best epoch. Returns false, and leaves the network as it is, if no epoch has
  /// ended with a finite loss, for instance because the training was stopped in its first epoch.
  bool restore() {
    if (kept_) network_->restore(*kept_);
    return kept_.has_value();
  }

  /// The best epoch so far, counted from 1 (0: none), and its loss.
  std::size_t epoch() const { return epoch_; }
  double loss() const { return loss_; }

 private:
  Network* network_;
  std::optional<Snapshot> kept_;
  std::size_t epoch_ = 0;
  double loss_ = std::numeric_limits<double>::infinity();
};

}  // namespace odot
