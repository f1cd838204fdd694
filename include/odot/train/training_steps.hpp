#pragma once
// SPDX-License-Identifier: MIT
// TrainingSteps: a step of fit, from a set's samples to new weights, for one model, loss and optimizer.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/data/loader.hpp"
#include "odot/events/callback.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/frozen.hpp"
#include "odot/nn/loss_contract.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pieces.hpp"
#include "odot/optim/optimizer_contract.hpp"
#include "odot/train/evaluate.hpp"
#include "odot/train/kept_options.hpp"
#include "odot/train/kept_steps.hpp"
#include "odot/train/step_graph.hpp"
#include "odot/train/steps.hpp"

namespace odot::detail {

/// The steps of one training, and all that they work on.
template <class Loss, class Network, class Optimizer, class TrainSet, class TestSet = TrainSet>
class TrainingSteps final : public Steps {
  using Scalar = typename Network::scalar;
  using Device = typename Network::device;
  using State = NetworkState<Device, Scalar>;
  using TrainLoader = data::Loader<TrainSet, Scalar, Device>;

 public:
  /// `test` is null if there is no test set; errors call it `test_name`.
  /// Errors  ArgumentError: an empty set; a label for which the network has no output; a batch size of 0 or larger than
  ///         the set
  TrainingSteps(Network& network, Optimizer& optimizer, const Loss& loss, const TrainSet& train, const TestSet* test,
                std::size_t batch_size, std::size_t micro_batch_size, const std::string& test_name,
                std::span<Callback* const> callbacks)
      : Steps(Device::host_accessible), loss_(loss), network_(network), optimizer_(optimizer), train_(train),
        callbacks_(callbacks), micro_batch_size_(micro_batch_size),
        batches_(checked(train, "the training set"), batch_size), results_(batches_.count()) {
    if (test) test_.emplace(checked(*test, "the " + test_name + " set"), nn::Pieces<Device>::evaluated(test->size()));
  }

  std::size_t batches() const { return batches_.count(); }

  void begin_epoch(Seed seed, std::uint64_t epoch) override {
    batches_.shuffle(seed, epoch);
    results_.zero();
  }

  void run(const StepEvent& at, double factor) override {
    const std::size_t b = at.batch - 1;
    graph_.run(batches_.size(b), [&] {
      StepResult* const result = results_.data() + b;
      const auto batch = batches_.load(b, network_.workspace());
      network_.backpropagate(loss_, batch.x, batch.targets, &result->sums, batch.lengths, micro_batch_size_);
      network_.count_gradients_beyond(largest_gradient(), &result->refused_elements);
      if constexpr (Device::host_accessible)
        if (const auto found = result->non_finite()) explain(found.what, batch);
      for (Callback* callback : callbacks_) callback->on_gradients(at);
      optimizer_.step(network_, factor);
      for (Callback* callback : callbacks_) callback->on_step(at);
    });
  }

  void fetch(std::size_t first, std::span<StepResult> results) override {
    Device::copy_to_host(results.data(), results_.data() + first, results.size_bytes());
    for (StepResult& result : results) {
      result.sums.labelled = nn::has_accuracy<Loss, Scalar>;
      result.sums.weighted = nn::detail::is_weighted(loss_);
    }
  }

  nn::LossSums evaluate() override {
    return odot::detail::evaluate(std::as_const(network_), network_.workspace(),
                                  loss_for<TestSet, Scalar, Device>(loss_), *test_);
  }

  bool can_be_kept() const override { return optim::KeptOptimizerOf<Optimizer, State>; }

  ODOT_COLD Snapshot snapshot() const override {
    return kept_steps<Device, Scalar>(network_, optimizer_, nn::description<typename Network::model>(),
                                      network_.seed());
  }

  ODOT_COLD Snapshot options() const override {
    Snapshot all;
    all.set_fact("network", nn::description<typename Network::model>(true));
    if (!network_.frozen().empty()) all.set_fact("frozen", nn::names_in(network_.frozen(), network_.parameter_table()));
    all.set_fact("micro_batch_size", micro_batch_size_);
    add_description(loss_, "loss.", all);
    add_description(optimizer_, "optimizer.", all);
    add_description(train_, "set.", all);
    return all;
  }

  ODOT_COLD void restore(const Snapshot& kept) override {
    network_.set_seed(
        restore_steps<Device, Scalar>(network_, optimizer_, kept, nn::description<typename Network::model>()));
  }

 private:
  static constexpr bool labelled = nn::labelled<Loss, Scalar>;

  /// Throws NonFiniteError, which names the layer or parameter from which the number comes.
  ODOT_COLD void explain(nn::NonFinite found, const auto& batch) {
    if (found == nn::NonFinite::loss) network_.explain_non_finite_loss(batch.x, batch.lengths);
    network_.check_gradients_finite(largest_gradient());
  }

  /// The largest gradient element that the optimizer accepts.
  Scalar largest_gradient() const {
    if constexpr (requires { optimizer_.template largest_accepted<Scalar>(); })
      return optimizer_.template largest_accepted<Scalar>();
    else return (std::numeric_limits<Scalar>::max)();
  }

  /// Returns the set. Throws ArgumentError if it is empty, or if a label has no output.
  template <class Set>
  const Set& checked(const Set& set, const std::string& which) const {
    if (set.size() == 0) throw ArgumentError("odot::fit: " + which + " is empty");
    using Output = typename Network::output_shape;
    constexpr std::size_t each = Loss::template targets<Output>;  // labels of a sample
    constexpr auto outputs = static_cast<std::int32_t>(Output::size / each);
    constexpr const char* part = Output::rank == 3 ? "pixel " : "token ";
    if constexpr (labelled && requires { set.targets[0]; })
      for (std::size_t i = 0; i < set.size() * each; ++i)
        if ((set.targets[i] < 0 || set.targets[i] >= outputs) && !nn::detail::ignores(loss_, set.targets[i]))
          throw ArgumentError("odot::fit: label of " + (each > 1 ? part + std::to_string(i % each) + " of " : "") +
                              "sample " + std::to_string(i / each) + " of " + which + ": expected 0 to " +
                              std::to_string(outputs - 1) + ", as the network has outputs, found " +
                              std::to_string(set.targets[i]));
    return set;
  }

  Loss loss_;
  Network& network_;
  Optimizer& optimizer_;
  const TrainSet& train_;
  std::span<Callback* const> callbacks_;
  std::size_t micro_batch_size_;
  TrainLoader batches_;
  std::optional<data::Loader<TestSet, Scalar, Device>> test_;
  Buffer<StepResult, Device> results_;  // of an epoch's batches
  StepGraph<Device> graph_;
};

}  // namespace odot::detail
