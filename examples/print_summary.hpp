#pragma once
// SPDX-License-Identifier: MIT
// The trainers' option --summary.

#include "run_files.hpp"

#include <odot/nn/summary.hpp>

#include <cstdio>
#include <string>

namespace trainer {

/// A table of the network's layers, where it is asked for.
void print_summary(const RunFiles& files, const auto& network) {
  if (!files.summary) return;
  const std::string table = odot::summary(network).text();
  std::printf("%s", table.c_str());
  files.record->log(table);
}

}  // namespace trainer
