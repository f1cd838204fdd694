#pragma once
// SPDX-License-Identifier: MIT
// The trainers' option --onnx: the trained network as a file for other programs, beside --save's weights.

#include "run_files.hpp"
#include "weights.hpp"

#include <odot/io/onnx.hpp>

#include <string>
#include <utility>
#include <vector>

namespace trainer {

/// What an ONNX file says besides the network and its facts.
struct OnnxExtras {
  std::vector<std::string> class_names = {};
  bool lengths = false;  ///< sequences are of unequal lengths, which are an input
};

/// Writes the network at the end of a run, where --save and --onnx ask for it.
void write_network(const RunFiles& files, const auto& network, const odot::Snapshot::Facts& facts, double accuracy,
                   OnnxExtras extras = {}) {
  save_weights(files.save, network, facts, accuracy);
  if (files.onnx.empty()) return;
  odot::io::export_onnx(
      files.onnx, network,
      {.lengths = extras.lengths, .class_names = std::move(extras.class_names), .facts = facts_with(facts, accuracy)});
}

}  // namespace trainer
