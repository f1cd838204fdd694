#pragma once
// SPDX-License-Identifier: MIT
// The trainers' options --weights and --save: weights in safetensors files, with what there is to know of the training.

#include "print_summary.hpp"
#include "run_files.hpp"

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

/// Writes the network's weights to the file that --save names, and to `name` in the run's folder. What goes wrong is an
/// error after the result line.
void save_weights(const RunFiles& files, const auto& network, odot::Snapshot::Facts facts, double accuracy,
                  const char* name = "weights.safetensors") {
  const odot::io::SaveOptions options{.facts = facts_with(std::move(facts), accuracy)};
  files.record->attempt([&](const auto& folder) { odot::io::save_weights(folder / name, network, options); });
  if (!files.save.empty()) files.record->attempt_always([&] { odot::io::save_weights(files.save, network, options); });
}

}  // namespace trainer
