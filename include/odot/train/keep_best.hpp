#pragma once
// SPDX-License-Identifier: MIT
// KeepBest: the weights of a training's best epoch.

#include <cstddef>
#include <limits>
#include <optional>

#include "odot/core/random.hpp"
#include "odot/nn/init.hpp"
#include "odot/train/events.hpp"

namespace odot {

/// Copies a network's parameters and buffers after every epoch whose loss on fit's second set, which ought to be a
/// validation set then, is the lowest so far.
///     KeepBest best(network);
///     fit(network, adam, train, validation, options, best);
///     best.restore();
/// The network must outlive it.
template <class Network>
class KeepBest : public Callback {
 public:
  explicit KeepBest(Network& network) : network_(&network) {}

  void on_epoch(const EpochEvent& e) override {
    if (!(e.test_loss < loss_)) return;
    loss_ = e.test_loss;
    epoch_ = e.epoch;
    if (!kept_) kept_.emplace(Seed{0}, nn::init::normal(), network_->workspace().threads());
    kept_->copy_weights_from(*network_);
  }

  /// Gives the network the weights of the best epoch; nothing where no epoch has ended with a finite loss.
  void restore() {
    if (kept_) network_->copy_weights_from(*kept_);
  }

  /// The best epoch so far, counted from 1; 0: none. Its loss.
  std::size_t epoch() const { return epoch_; }
  double loss() const { return loss_; }

 private:
  Network* network_;
  std::optional<Network> kept_;
  std::size_t epoch_ = 0;
  double loss_ = std::numeric_limits<double>::infinity();
};

}  // namespace odot
