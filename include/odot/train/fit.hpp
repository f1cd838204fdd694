#pragma once
// SPDX-License-Identifier: MIT
// fit: the training loop.

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include "odot/core/current_workspace.hpp"
#include "odot/events/callback.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/optimizer_contract.hpp"
#include "odot/train/evaluate.hpp"
#include "odot/train/training_loop.hpp"
#include "odot/train/training_steps.hpp"

namespace odot {

namespace detail {

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

/// Whether a loss fits the training set, and it, or its form for labels, the test set.
template <class Loss, class Network, class TrainSet, class TestSet>
constexpr bool both_fit() {
  using Used = LossFor<Loss, TestSet, typename Network::scalar, typename Network::device>;
  if constexpr (std::is_same_v<Used, Loss>) return sets_fit<Loss, Network, TrainSet, TestSet>();
  else if constexpr (sets_fit<Loss, Network, TrainSet>()) return sets_fit<Used, Network, TestSet>();
  else return false;
}

/// fit; `test` is null if there is no second set.
template <class Loss, class Network, class Optimizer, class TrainSet, class TestSet, class... Callbacks>
TrainingReport train(Network& network, Optimizer& optimizer, const Loss& loss, const TrainSet& train,
                     const TestSet* test, const FitOptions& options, Callbacks&... callbacks) {
  if constexpr (!requires { typename Network::model; }) {
    // Network has already reported what is wrong with its model.
  } else if constexpr (both_fit<Loss, Network, TrainSet, TestSet>()) {
    if constexpr (helpers_fit<Network, Optimizer, Callbacks...>()) {
      const std::array<Callback*, sizeof...(callbacks)> list{&callbacks...};
      const std::span<Callback* const> all(list);
      const WorkspaceScope<typename Network::device> scope(network.workspace());
      TrainingSteps<Loss, Network, Optimizer, TrainSet, TestSet> steps(
          network, optimizer, loss, train, test, options.batch_size, options.micro_batch_size, options.test_name, all);
      return TrainingLoop(steps, options, all)
          .run({.epochs = options.epochs,
                .batches = steps.batches(),
                .samples = train.size(),
                .test_samples = test ? test->size() : 0,
                .batch_size = options.batch_size,
                .test_name = options.test_name});
    }
  }
  return {};
}

}  // namespace detail

/// Trains a network on `train` and evaluates it on `test` after every epoch. With 0 epochs it only evaluates, or does
/// nothing if there is no `test`. The loss is the mean over the samples, by default of the negative log-likelihood.
/// Same seeds, same bits, on any number of threads. A run that ends with NonFiniteError calls on_end first. On a GPU,
/// on_batch is called for several batches in a row.
/// Without `.resume`, a call starts with the order of epoch 1 and at step 0 of the schedule. With it, network, optimizer,
/// report and callbacks continue from the position that was kept, and the rest of the training has the bits that it
/// would have had; `.epochs` counts those done before. Model, data and all options belong to the program and must be the
/// same.
///     fit(network, adam, train, test, {.epochs = 10, .batch_size = 4096}, ProgressBar{});
///     fit<nn::CrossEntropy>(network, adam, train, test, options);        another loss
/// Errors  compile time: a set whose samples do not have the shape of the network's input, or whose targets are not
///         what the loss takes; a loss that does not fit the outputs, such as the default loss if the model does not
///         end in nn::LogSoftmax
///         ArgumentError: a batch size of 0 or larger than the set; an empty set; a label that the network has no
///         output for; a `.resume` that is of another training: other numbers of samples, batch size or seed, other
///         options of model, loss, optimizer or set, all of which are listed (then nothing has changed), or one that a
///         callback can't continue from
///         NonFiniteError: a loss or gradient that is not finite, or a gradient that the optimizer can't take, with epoch
///         and batch, and on the Cpu the layer
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet, class TestSet, class... Callbacks>
  requires(!nn::Loss<TrainSet>)
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const TrainSet& train,
                   const TestSet& test, const FitOptions& options, Callbacks&&... callbacks) {
  return detail::train(network, optimizer, Loss{}, train, &test, options, callbacks...);
}

/// The same without a test set, whose loss and accuracy are then NaN.
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet, class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const TrainSet& train,
                   const FitOptions& options, Callbacks&&... callbacks) {
  return detail::train(network, optimizer, Loss{}, train, static_cast<const TrainSet*>(nullptr), options, callbacks...);
}

/// Both with a loss that carries numbers, which is copied. For your own loss see nn/loss_contract.hpp.
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
