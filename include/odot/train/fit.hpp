#pragma once
// SPDX-License-Identifier: MIT
// fit: the training loop.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/data/loader.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/optimizer_contract.hpp"
#include "odot/train/evaluate.hpp"
#include "odot/train/events.hpp"
#include "odot/train/training_loop.hpp"

namespace odot {

namespace detail {

/// fit for one model, loss and optimizer.
template <class Loss, class Network, class Optimizer, class TrainSet, class TestSet = TrainSet>
class Trainer final : public TrainingLoop<typename Network::device, typename Network::scalar> {
  using Scalar = typename Network::scalar;
  using Device = typename Network::device;
  using Loop = TrainingLoop<Device, Scalar>;

 public:
  /// `test`: null where there is none.
  Trainer(Network& network, Optimizer& optimizer, const TrainSet& train, const TestSet* test, const FitOptions& options,
          std::span<Callback* const> callbacks, const Loss& loss)
      : Loop(network, options, callbacks, labelled), loss_(loss), network_(network), optimizer_(optimizer),
        batches_(checked(train, "the training set"), options.batch_size),
        plan_{options.epochs,          batches_.count(),   train.size(),
              test ? test->size() : 0, options.batch_size, options.test_name} {
    if (test)
      test_.emplace(checked(*test, "the " + options.test_name + " set"),
                    std::min<std::size_t>(test->size(), 4 * Device::piece_samples));
  }

  TrainingReport run() { return Loop::run(plan_); }

 private:
  static constexpr bool labelled = std::is_same_v<typename Loss::template target<Scalar>, std::int32_t>;

  void shuffle(Seed seed, std::uint64_t epoch) override { batches_.shuffle(seed, epoch); }

  void backpropagate(std::size_t b, nn::LossSums* sums) override {
    const auto batch = batches_.load(b, network_.workspace());
    network_.backpropagate(loss_, batch.x, batch.targets, sums, batch.lengths);
  }

  void update(double factor) override { optimizer_.step(network_, factor); }

  Scalar largest_gradient() override {
    if constexpr (requires { optimizer_.template largest_accepted<Scalar>(); })
      return optimizer_.template largest_accepted<Scalar>();
    else return (std::numeric_limits<Scalar>::max)();
  }

  nn::LossSums test_sums() override {
    return odot::detail::evaluate(std::as_const(network_), network_.workspace(), loss_, *test_);
  }

  void explain_loss(std::size_t b) override {
    const auto batch = batches_.load(b, network_.workspace());
    network_.explain_non_finite_loss(batch.x, batch.lengths);
  }

  /// The set; where its targets are labels, every one must have an output, and there must be one at least.
  template <class Set>
  static const Set& checked(const Set& set, const std::string& which) {
    if (set.size() == 0) throw ArgumentError("odot::fit: " + which + " is empty");
    constexpr auto outputs = static_cast<std::int32_t>(Network::output_shape::size);
    if constexpr (labelled && requires { set.targets[0]; })
      for (std::size_t n = 0; n < set.size(); ++n)
        if (set.targets[n] < 0 || set.targets[n] >= outputs)
          throw ArgumentError("odot::fit: label of sample " + std::to_string(n) + " of " + which + ": expected 0 to " +
                              std::to_string(outputs - 1) + ", as the network has outputs, found " +
                              std::to_string(set.targets[n]));
    return set;
  }

  Loss loss_;
  Network& network_;
  Optimizer& optimizer_;
  data::Loader<TrainSet, Scalar, Device> batches_;
  std::optional<data::Loader<TestSet, Scalar, Device>> test_;
  TrainingPlan plan_;
};

/// Whether fit can be called with these; a static_assert says what does not fit.
template <class Network, class Optimizer, class... Callbacks>
constexpr bool helpers_fit() {
  constexpr bool steps = optim::OptimizerOf<Optimizer, Network>;
  static_assert(steps,
                "odot::fit: the optimizer must have step(network, factor), as optim::Adam has, and must not be const");
  constexpr bool callbacks = (std::convertible_to<std::remove_reference_t<Callbacks>*, Callback*> && ...);
  static_assert(callbacks,
                "odot::fit: what follows the options must be callbacks, not const and publicly derived from "
                "odot::Callback");
  return steps && callbacks;
}

/// fit, `test` null where there is no second set.
template <class Loss, class Network, class Optimizer, class TrainSet, class TestSet, class... Callbacks>
TrainingReport train(Network& network, Optimizer& optimizer, const Loss& loss, const TrainSet& train,
                     const TestSet* test, const FitOptions& options, Callbacks&... callbacks) {
  if constexpr (!requires { typename Network::model; }) {
    // Network has said what is wrong with its model.
  } else if constexpr (sets_fit<Loss, Network, TrainSet, TestSet>()) {
    if constexpr (helpers_fit<Network, Optimizer, Callbacks...>()) {
      const std::array<Callback*, sizeof...(callbacks)> list{&callbacks...};
      using Run = Trainer<Loss, Network, Optimizer, TrainSet, TestSet>;
      const WorkspaceScope<typename Network::device> scope(network.workspace());
      return Run(network, optimizer, train, test, options, std::span<Callback* const>(list), loss).run();
    }
  }
  return {};
}

}  // namespace detail

/// Trains a network on `train` and evaluates it on `test` after every epoch; with 0 epochs it evaluates only,
/// and does nothing without a `test`.
/// The loss is the mean over the samples, by default of the negative log-likelihood. Same seeds, same bits, on any number
/// of threads. Every call starts at epoch 1 of the order and step 0 of the schedule. A run that ends by NonFiniteError
/// calls on_end first. On a GPU the callbacks of batches come some at a time.
///     fit(network, adam, train, test, {.epochs = 10, .batch_size = 4096}, ProgressBar{});
///     fit<nn::CrossEntropy>(network, adam, train, test, options);        another loss
/// Errors  compile time: a set whose samples have another shape than the network's input, or other targets than the loss;
///         a loss that does not fit the outputs, such as the default's where the model does not end in nn::LogSoftmax
///         ArgumentError: a batch size of 0 or larger than the set; an unknown watched parameter; an empty set; a label
///         that the network has no output for
///         NonFiniteError: a loss or gradient that is not finite, or a gradient that the optimizer can't square, with epoch
///         and batch, and on the Cpu the layer
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet, class TestSet, class... Callbacks>
  requires(!nn::Loss<TrainSet>)
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const TrainSet& train,
                   const TestSet& test, const FitOptions& options, Callbacks&&... callbacks) {
  return detail::train(network, optimizer, Loss{}, train, &test, options, callbacks...);
}

/// The same without a test set: its loss and accuracy are NaN.
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet, class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const TrainSet& train,
                   const FitOptions& options, Callbacks&&... callbacks) {
  return detail::train(network, optimizer, Loss{}, train, static_cast<const TrainSet*>(nullptr), options, callbacks...);
}

/// Both with a loss that carries numbers; it is copied. Your own: nn/loss_contract.hpp.
///     fit(network, adam, MyLoss{.epsilon = 0.1}, train, test, options, ProgressBar{});
template <class Loss, class Model, class Device, class Scalar, class Optimizer, class TrainSet, class TestSet,
          class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const Loss& loss,
                   const TrainSet& train, const TestSet& test, const FitOptions& options, Callbacks&&... callbacks) {
  return detail::train(network, optimizer, loss, train, &test, options, callbacks...);
}
template <nn::Loss Loss, class Model, class Device, class Scalar, class Optimizer, class TrainSet, class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const Loss& loss,
                   const TrainSet& train, const FitOptions& options, Callbacks&&... callbacks) {
  return detail::train(network, optimizer, loss, train, static_cast<const TrainSet*>(nullptr), options, callbacks...);
}

}  // namespace odot
