#pragma once
// SPDX-License-Identifier: MIT
// Steps: a training as the loop sees it, independent of model, loss, sets, optimizer, scalar and device.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/events.hpp"
#include "odot/nn/loss_contract.hpp"
#include "odot/nn/non_finite.hpp"

namespace odot::detail {

/// The result of a batch. It stays on the device until it is fetched.
struct StepResult {
  nn::LossSums sums;
  std::int64_t refused_elements = 0;  ///< of the gradient: not finite, or beyond what the optimizer takes

  nn::NonFiniteFinding non_finite() const {
    return {.what = nn::non_finite(sums.loss, refused_elements), .count = static_cast<std::size_t>(refused_elements)};
  }
};

/// The steps of a training, and its evaluation.
class Steps {
 public:
  /// Whether a step's work is done when run returns; otherwise the host is ahead of the device.
  const bool immediate;

  /// Puts the samples in the epoch's order, and discards the previous epoch's results.
  virtual void begin_epoch(Seed seed, std::uint64_t epoch) = 0;

  /// Loads a batch, runs forward and backward, checks the result, and lets the optimizer take a step. `factor` is on
  /// the learning rate.
  /// Errors  NonFiniteError: the loss or the gradient is not finite, or the optimizer can't take the gradient, if that
  ///         is known at once
  virtual void run(const StepEvent& at, double factor) = 0;

  /// The results of the epoch's batches from number `first` on, counted from 0; waits for the device.
  virtual void fetch(std::size_t first, std::span<StepResult> results) = 0;

  /// The loss on the second set; called only if there is one.
  virtual nn::LossSums evaluate() = 0;

  /// Whether the optimizer can be saved, which the next two functions need.
  virtual bool can_be_kept() const = 0;

  /// Network and optimizer, and the network's seed and step.
  /// Errors  ArgumentError: the optimizer can't be saved
  virtual Snapshot snapshot() const = 0;

  /// Model, loss, optimizer and set with their options, as facts: what a resumed training must have too.
  virtual Snapshot options() const = 0;

  /// Takes them over.
  /// Errors  ArgumentError: another architecture, optimizer or scalar, with all that does not fit; the optimizer can't
  ///         be saved. Then nothing has changed
  virtual void restore(const Snapshot& kept) = 0;

 protected:
  explicit Steps(bool at_once) : immediate(at_once) {}
  ~Steps() = default;
};

}  // namespace odot::detail
