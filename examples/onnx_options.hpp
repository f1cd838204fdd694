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

/// Writes the network at the end of a run, where --save and --onnx ask for it, and its weights to `name` in the run's
/// folder. What goes wrong is an error after the result line.
void write_network(const RunFiles& files, const auto& network, const odot::Snapshot::Facts& facts, double accuracy,
                   OnnxExtras extras = {}, const char* name = "weights.safetensors") {
  save_weights(files, network, facts, accuracy, name);
  if (files.onnx.empty()) return;
  const odot::io::OnnxOptions options{
      .lengths = extras.lengths, .class_names = std::move(extras.class_names), .facts = facts_with(facts, accuracy)};
  files.record->attempt_always([&] { odot::io::export_onnx(files.onnx, network, options); });
}

}  // namespace trainer
