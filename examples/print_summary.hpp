#pragma once
// SPDX-License-Identifier: MIT
// The trainers' option --summary.

#include "run_files.hpp"

#include <odot/nn/summary.hpp>

namespace trainer {

/// A table of the network's layers, where it is asked for.
void print_summary(const RunFiles& files, const auto& network) {
  if (files.summary) files.record->print("%s", odot::summary(network).text().c_str());
}

}  // namespace trainer
