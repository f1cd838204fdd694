#pragma once
// SPDX-License-Identifier: MIT
// The trainers' option --summary.

#include "run_files.hpp"

#include <odot/nn/summary.hpp>

#include <cstdio>

namespace trainer {

/// A table of the network's layers, where it is asked for.
void print_summary(const RunFiles& files, const auto& network) {
  if (files.summary) std::printf("%s", odot::summary(network).text().c_str());
}

}  // namespace trainer
