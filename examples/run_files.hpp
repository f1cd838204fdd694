#pragma once
// SPDX-License-Identifier: MIT
// RunFiles: what a trainer's run reads and writes besides its data, and from where a resumed run continues. The
// options: file_options.hpp.

#include "board_files.hpp"
#include "record/classify_pictures.hpp"
#include "record/run_record.hpp"

#include <odot/core/snapshot.hpp>
#include <odot/io/checkpoint.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace trainer {

struct RunFiles {
  std::string out = {};                   ///< folder for logs and checkpoints; empty: none
  std::string weights = {}, save = {};    ///< files of weights, to begin with and to end with; empty: none
  std::string onnx = {};                  ///< file of the network at the end, for other programs; empty: none
  bool resume = false;                    ///< continue from the newest checkpoint in `out`
  bool checkpoint_options_given = false;  ///< whether options of checkpoints were given, which need `out`
  odot::io::CheckpointOptions checkpoints = {};
  BoardFiles board = {};
  PictureFiles pictures = {};
  std::shared_ptr<RunRecord> record = new_record();  ///< of this run; what is printed goes through it
  bool summary = false;                              ///< print a table of the model's layers
};

/// The position from which a run continues, after saying so; nothing if it starts from the beginning.
inline std::optional<odot::Snapshot> resumed(odot::io::Checkpoint& checkpoint, const RunFiles& files) {
  if (!files.resume) return std::nullopt;
  auto kept = checkpoint.latest();
  for (const std::string& skipped : checkpoint.skipped()) std::fprintf(stderr, "skipped: %s\n", skipped.c_str());
  if (kept)
    files.record->print("continues from %s, after epoch %s, batch %s\n", checkpoint.taken().string().c_str(),
                        kept->required_text("training.epoch").c_str(), kept->required_text("training.batch").c_str());
  else files.record->print("starts from the beginning: there is no checkpoint in %s\n", files.out.c_str());
  std::fflush(stdout);
  return kept;
}

}  // namespace trainer
