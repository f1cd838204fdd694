#pragma once
// SPDX-License-Identifier: MIT
// What an optimizer is: the contract of odot's own and of yours, as a concept.
//
// An optimizer is an object whose step changes a network's parameters along their gradients. Both are one block each,
// which a network shows as a batch of single numbers that expressions compute with, on any device:
//
//     struct Descent {
//       double learning_rate = 1e-2;
//       void step(auto& network, double factor = 1) {           factor: the schedule's, on the learning rate
//         network.all_parameters() -= learning_rate * factor * network.all_gradients();
//       }
//     };
//
// fit calls step once per batch, with the mean gradient over the batch. What an optimizer keeps from step to step,
// moments for instance, it holds as batches of its own: examples/07_custom_optimizer.cpp. It may say which gradients it
// can take, template <class Scalar> Scalar largest_accepted() const, beyond which fit ends with NonFiniteError;
// default: all numbers.
//
// For a training to be saved and resumed (FitOptions::resume, io::Checkpoint), the optimizer must have:
//
//     Snapshot snapshot(const auto& network) const;         its state between steps
//     void restore(const Snapshot& kept, auto& network);    throws ArgumentError, and changes nothing, if it can't
//
// It may also say what a resumed training must have too, its name and options, as facts:
//
//     Snapshot describe() const;                            facts.set_fact("learning_rate", learning_rate); …
//
// network: the network's NetworkState, with its blocks and their names. An optimizer that holds nothing returns {} and
// does nothing.

#include <concepts>

#include "odot/core/snapshot.hpp"

namespace odot::optim {

/// An optimizer that can train this network.
template <class O, class Network>
concept OptimizerOf = requires(O& optimizer, Network& network) { optimizer.step(network, 1.0); };

/// An optimizer whose state can be saved with the training's. State: the network's NetworkState.
template <class O, class State>
concept KeptOptimizerOf =
    requires(O& optimizer, const O& kept, State& network, const State& same, const Snapshot& snapshot) {
      { kept.snapshot(same) } -> std::convertible_to<Snapshot>;
      optimizer.restore(snapshot, network);
    };

}  // namespace odot::optim
