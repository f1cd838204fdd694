#pragma once
// SPDX-License-Identifier: MIT
// What the papers report of a training besides its losses and accuracies.

#include <odot/core/buffer.hpp>
#include <odot/core/error.hpp>
#include <odot/core/snapshot.hpp>
#include <odot/events/callback.hpp>
#include <odot/kernels/parallel/contract.hpp>
#include <odot/kernels/parallel/terms.hpp>
#include <odot/nn/network_state.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace trainer {

/// A gradient whose mean is reported: the first `elements` of a named parameter (0: all of it; no name: the first).
struct Watch {
  std::string parameter = {};
  std::size_t elements = 0;
};

/// The sum of some numbers, in double: a program for kernels::Parallel<Device>::reduce_rows.
template <class Scalar>
struct Sum {
  const Scalar* values;
  double* sum;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(values);
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const odot::kernels::Terms<double, 1>& totals) const { *sum = totals[0]; }
};

/// The papers' "loss", which is the sum of an epoch's batch losses, and their "gradients average", the mean of the
/// watched gradient in the last batch. Put it before the callbacks that show them; the network must outlive it.
/// Errors  ArgumentError: there is no such parameter, or it has fewer elements
template <odot::DeviceType Device, class Scalar>
class PaperFigures : public odot::Callback {
 public:
  explicit PaperFigures(odot::NetworkState<Device, Scalar>& network, const Watch& watch = {})
      : network_(network), gradient_(watched(network, watch)) {}

  const odot::NetworkState<Device, Scalar>& network() const { return network_; }

  void on_begin(const odot::TrainingPlan& plan) override {
    sums_ = odot::Buffer<double, Device>(plan.batches);
    host_sums_.resize(plan.batches);
    whole_epochs_ = 0;
    epoch_loss_ = loss_ = gradient_average_ = 0;
    known_ = made_ = 0;
  }
  void on_gradients(const odot::StepEvent& e) override {
    if (e.batch == 1) known_ = 0;
    made_ = e.batch;
    odot::kernels::Parallel<Device>::template reduce_rows<double>(
        network_.workspace(), 1, gradient_.size(), Sum<Scalar>{gradient_.data(), sums_.data() + e.batch - 1});
  }
  void on_batch(const odot::BatchEvent& e) override {
    if (e.batch > known_) {  // those of all batches so far, at once
      Device::copy_to_host(host_sums_.data() + known_, sums_.data() + known_, (made_ - known_) * sizeof(double));
      known_ = made_;
    }
    gradient_average_ = gradient_.empty() ? 0.0 : host_sums_[e.batch - 1] / static_cast<double>(gradient_.size());
    epoch_loss_ = (e.batch == 1 ? 0 : epoch_loss_) + e.loss;
    if (whole_epochs_ == 0) loss_ = epoch_loss_;
  }
  void on_epoch(const odot::EpochEvent& e) override {
    loss_ = epoch_loss_;
    whole_epochs_ = e.epoch;
  }

  odot::Snapshot state() const override {
    odot::Snapshot kept;
    kept.set_fact("callback", "PaperFigures");
    kept.set_fact("whole_epochs", whole_epochs_);
    kept.set_fact("epoch_loss", epoch_loss_);
    kept.set_fact("loss", loss_);
    kept.set_fact("gradient_average", gradient_average_);
    return kept;
  }
  void restore_state(const odot::Snapshot& kept) override {
    whole_epochs_ = static_cast<std::size_t>(kept.required_count("whole_epochs"));
    epoch_loss_ = kept.required_number("epoch_loss");
    loss_ = kept.required_number("loss");
    gradient_average_ = kept.required_number("gradient_average");
  }

  /// Of the last whole epoch, or without one of the batches done.
  double loss() const { return loss_; }
  double gradient_average() const { return gradient_average_; }

 private:
  static std::span<const Scalar> watched(odot::NetworkState<Device, Scalar>& network, const Watch& watch) {
    if (network.parameter_table().empty()) return {};
    const std::string& name = watch.parameter.empty() ? network.parameter_table().front().name : watch.parameter;
    const std::span<const Scalar> gradient = network.gradient(name);
    if (watch.elements > gradient.size())
      throw odot::ArgumentError("the gradient to watch: " + std::to_string(watch.elements) + " elements of " + name +
                                ", which has " + std::to_string(gradient.size()));
    return watch.elements ? gradient.first(watch.elements) : gradient;
  }

  odot::NetworkState<Device, Scalar>& network_;
  std::span<const Scalar> gradient_;   // memory of the device
  odot::Buffer<double, Device> sums_;  // of the gradient, for an epoch's batches
  std::vector<double> host_sums_;      // as far as they are known
  std::size_t known_ = 0, made_ = 0;   // batches of the epoch
  std::size_t whole_epochs_ = 0;
  double epoch_loss_ = 0, loss_ = 0, gradient_average_ = 0;
};

}  // namespace trainer
