#pragma once
// SPDX-License-Identifier: MIT
// RunFiles: what a trainer's run reads and writes besides its data, and where a run that is resumed goes on. The options:
// file_options.hpp.

#include <odot/io/checkpoint.hpp>
#include <odot/nn/snapshot.hpp>

#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>

namespace trainer {

/// What a run writes in its folder besides checkpoints.
inline constexpr std::initializer_list<const char*> log_files{"batches.csv", "epochs.csv", "curves.svg"};

struct RunFiles {
  std::string out = {};                 ///< folder for logs and checkpoints; empty: none
  std::string weights = {}, save = {};  ///< files of weights, to begin with and to end with; empty: none
  bool resume = false;                  ///< go on from the newest checkpoint in `out`
  bool asked = false;                   ///< whether checkpoints are asked for, which need `out`
  odot::io::CheckpointOptions checkpoints = {};
};

/// Where a run goes on, and says so.
inline std::optional<odot::Snapshot> resumed(odot::io::Checkpoint& checkpoint, const RunFiles& files, bool quiet) {
  if (!files.resume) return std::nullopt;
  auto kept = checkpoint.latest();
  for (const std::string& skipped : checkpoint.skipped()) std::fprintf(stderr, "skipped: %s\n", skipped.c_str());
  if (quiet) return kept;
  if (kept)
    std::printf("goes on after epoch %s, batch %s from %s\n", kept->required_text("training.epoch").c_str(),
                kept->required_text("training.batch").c_str(), checkpoint.taken().string().c_str());
  else std::printf("begins anew: there is no checkpoint in %s\n", files.out.c_str());
  std::fflush(stdout);
  return kept;
}

}  // namespace trainer
