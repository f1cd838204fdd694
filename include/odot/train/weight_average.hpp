#pragma once
// SPDX-License-Identifier: MIT
// WeightAverage: the exponential moving average of a network's weights, which fit's evaluations use.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/kernels/moving_average.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/network_state.hpp"

namespace odot {

struct WeightAverageOptions {
  double decay = 0.999;  ///< the share of the average that stays in a step, from 0 to below 1
};

/// After the first step the average is the network's parameters; after every later one it is
/// decay · average + (1 − decay) · parameters. Every call of fit starts a new average. Its evaluations use the average;
/// between them, and at the end until apply() is called, the network has its own parameters. Buffers, such as a batch
/// norm's running statistics, are not averaged: the network's own are used, as PyTorch's AveragedModel does by default.
///     WeightAverage average(network, {.decay = 0.999});
///     fit(network, adam, train, test, options, average);
///     average.apply();
/// The network must outlive it.
/// Memory  one number per parameter, in the device's memory
/// Errors  ArgumentError: a decay out of range
/// Source  same convention as torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(decay)
template <DeviceType Device, class Scalar>
class WeightAverage : public Callback {
 public:
  explicit WeightAverage(NetworkState<Device, Scalar>& network, WeightAverageOptions options = {})
      : network_(&network), decay_(options.decay), average_(network.parameters().size()) {
    if (!(decay_ >= 0 && decay_ < 1))
      throw ArgumentError("odot::WeightAverage: decay: expected a number from 0 to below 1, found " +
                          number_text::shortest(decay_));
  }

  void on_begin(const TrainingPlan&) override { steps_ = 0; }
  void on_step(const StepEvent&) override {
    kernels::MovingAverage<Device>::update(network_->workspace(), steps_ == 0 ? 0 : decay_,
                                           std::span<const Scalar>(network_->parameters()), average_.span());
    ++steps_;
  }
  void before_evaluation() override { exchange(); }
  void after_evaluation() override { exchange(); }

  /// The network's arrays with the average in place of the parameters; the parameters themselves before the first step.
  Snapshot averaged() const {
    exchange();
    Snapshot kept = network_->snapshot();
    exchange();
    return kept;
  }

  /// Gives the network the average as its parameters. Without a step, nothing changes.
  void apply() {
    if (steps_ > 0)
      kernels::MovingAverage<Device>::update(network_->workspace(), 0, std::span<const Scalar>(average_.span()),
                                             network_->parameters());
  }

  Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", "WeightAverage");
    kept.set_fact("steps", steps_);
    const std::vector<Scalar> values = average_.to_host();
    kept.add("average", {values.size()}, std::span<const Scalar>(values));
    return kept;
  }
  void restore_state(const Snapshot& kept) override {
    const std::vector<Scalar> values = kept.values<Scalar>("average");
    if (values.size() != average_.size())
      throw ArgumentError("odot::WeightAverage: expected the average of " + std::to_string(average_.size()) +
                          " parameters, found one of " + std::to_string(values.size()));
    average_.from_host(values.data());
    steps_ = static_cast<std::size_t>(kept.required_count("steps"));
  }

  std::size_t steps() const { return steps_; }

 private:
  void exchange() const {
    if (steps_ > 0)
      kernels::MovingAverage<Device>::exchange(network_->workspace(), network_->parameters(), average_.span());
  }

  NetworkState<Device, Scalar>* network_;
  double decay_;
  mutable Buffer<Scalar, Device> average_;  // exchanged with the parameters during evaluations
  std::size_t steps_ = 0;
};

template <class Model, class Device, class Scalar>
WeightAverage(Network<Model, Device, Scalar>&) -> WeightAverage<Device, Scalar>;
template <class Model, class Device, class Scalar>
WeightAverage(Network<Model, Device, Scalar>&, WeightAverageOptions) -> WeightAverage<Device, Scalar>;

}  // namespace odot
