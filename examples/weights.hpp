#pragma once
// SPDX-License-Identifier: MIT
// The trainers' options --weights and --save: weights in safetensors files, with what there is to know of the training.

#include <odot/core/number_text.hpp>
#include <odot/io.hpp>

#include <cmath>
#include <string>
#include <utility>

namespace trainer {

/// Gives the network the weights of a file; an empty name: none.
/// Errors  FileError, FormatError, as odot::io::load_weights
void load_weights(const std::string& file, auto& network) {
  if (!file.empty()) odot::io::load_weights(file, network);
}

/// The facts of a training, and its accuracy if it has one.
inline odot::Snapshot::Facts facts_with(odot::Snapshot::Facts facts, double accuracy) {
  if (std::isfinite(accuracy)) facts["accuracy"] = odot::number_text::fixed(accuracy, 2);  // %, on the test samples
  return facts;
}

/// Writes the network's weights; an empty name: nothing.
void save_weights(const std::string& file, const auto& network, odot::Snapshot::Facts facts, double accuracy) {
  if (file.empty()) return;
  odot::io::save_weights(file, network, {.facts = facts_with(std::move(facts), accuracy)});
}

}  // namespace trainer
