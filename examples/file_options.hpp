#pragma once
// SPDX-License-Identifier: MIT
// The trainers' options about files: logs, weights, checkpoints.

#include "options.hpp"
#include "out_folder.hpp"
#include "run_files.hpp"

#include "record/command_of.hpp"

#include <odot/core/error.hpp>
#include <odot/io/checkpoint.hpp>
#include <odot/io/write_file.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>

namespace trainer {

/// "2": epochs; "200b": batches; "60s": seconds.
inline void parse_interval(const std::string& option, const std::string& text,
                           odot::io::CheckpointOptions& checkpoints) {
  constexpr Range<unsigned long long> counts{1, 1'000'000'000};
  constexpr Range<double> seconds{1e-3, 1e9};
  const char unit = text.empty() ? '\0' : text.back();
  const std::string number = unit == 'b' || unit == 's' ? text.substr(0, text.size() - 1) : text;
  checkpoints.every_epochs = checkpoints.every_batches = 0;
  if (unit == 's') checkpoints.every_seconds = parse(option, number, seconds);
  else if (unit == 'b') checkpoints.every_batches = static_cast<std::size_t>(parse(option, number, counts));
  else checkpoints.every_epochs = static_cast<std::size_t>(parse(option, number, counts));
}

/// The options of these files. `more` is added to the help of --out.
inline void add_file_options(CLI::App& app, RunFiles& files, const std::string& more = {}) {
  app.parse_complete_callback([&app, record = files.record] {
    const CLI::Option* const quiet = app.get_option_no_throw("--quiet");
    record->set_command(command_of(app), quiet && quiet->count() > 0);
  });
  add_folder(app, "--out", files.out, out_help + more);
  add_board_option(app, files.board);
  app.add_flag("--summary", files.summary,
               "Print a table of the model's layers first: shapes, parameters, memory, FLOP");
  add_file(app, "--weights", files.weights, "Start with the weights of this safetensors file");
  add_file(app, "--save", files.save, "Write the weights at the end to this safetensors file");
  add_file(app, "--onnx", files.onnx, "Write the network at the end to this ONNX file");
  app.add_flag(
      "--resume", files.resume,
      "Continue from the newest checkpoint in --out, with the same options; without one, start from the beginning");
  app.add_option_function<std::string>(
         "--checkpoint-every",
         [&files](const std::string& text) {
           parse_interval("--checkpoint-every", text, files.checkpoints);
           files.checkpoint_options_given = true;
         },
         "Epochs (2), batches (200b) or seconds (60s) from a checkpoint in --out to the next")
      ->type_name("INTERVAL")
      ->default_str("1");
  app.add_option_function<std::string>(
         "--keep",
         [&files](const std::string& text) {
           files.checkpoints.keep =
               static_cast<std::size_t>(parse("--keep", text, Range<unsigned long long>{1, 1'000'000}));
           files.checkpoint_options_given = true;
         },
         "Number of newest checkpoints to keep, besides the best epoch's")
      ->type_name("NUMBER")
      ->default_str(std::to_string(files.checkpoints.keep));
}

/// Errors  ArgumentError: options that need --out;  FileError: there are no weights
inline void check_files(const RunFiles& files) {
  if (!files.weights.empty() && !std::filesystem::exists(files.weights))
    throw odot::FileError(files.weights, "there is no such file; expected the weights of --weights");
  if (files.out.empty() && (files.resume || files.checkpoint_options_given))
    throw odot::ArgumentError(std::string(files.resume ? "--resume" : "--checkpoint-every, --keep") +
                              ": expected --out as well, the folder of the checkpoints");
}

/// What a folder has whose run is made of parts with folders of their own.
inline constexpr std::initializer_list<const char*> whole_files{"config.json", "log.txt", "result.json", "report.html"};

/// Claims the folder of such a run.
/// Errors  as claim_files
inline OutFolder claim_whole(const RunFiles& files) {
  OutFolder out(files.out, whole_files);
  files.record->set_folder(files.out, files.resume);
  return out;
}

/// Claims the folder of a run, if it has one; sets an earlier run's checkpoints aside unless that run is resumed; and
/// checks, before the work begins, whether all files can be written.
/// Errors  FileError: a file can't be written; another run has the folder
inline std::optional<OutFolder> claim_files(const RunFiles& files) {
  std::optional<OutFolder> out;
  if (!files.out.empty()) {
    out.emplace(files.out, log_files);
    files.record->set_folder(files.out, files.resume);
    odot::io::Checkpoint checkpoint(files.out);
    if (!files.resume) checkpoint.start_over();
  }
  if (!files.board.folder.empty()) odot::io::create_folder(files.board.folder);
  if (!files.save.empty()) odot::io::require_writable(files.save);
  if (!files.onnx.empty()) odot::io::require_writable(files.onnx);
  return out;
}

}  // namespace trainer
