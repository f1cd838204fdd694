#pragma once
// SPDX-License-Identifier: MIT
// What a run writes for TensorBoard, as the command line says.

#include "options.hpp"
#include "record/command_of.hpp"
#include "record/run_record.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace trainer {

struct BoardFiles {
  std::string folder = {};   ///< empty: nothing
  Facts settings = {};       ///< options and their values
  double learning_rate = 0;  ///< before the schedule's factor; 0: no curve of it

  /// A setting that the command line leaves to the trainer.
  void set(const std::string& name, const Value& value) {
    std::erase_if(settings, [&](const auto& setting) { return setting.first == name; });
    settings.emplace_back(name, value);
  }
};

/// The options that are about the training, with the values given or their defaults.
inline Facts settings_of(const CLI::App& app) {
  constexpr std::array others{"quiet", "summary",          "out",      "resume", "tensorboard", "save",   "onnx",
                              "keep",  "checkpoint-every", "classify", "invert", "explain",     "metrics"};
  Facts all;
  for (const Setting& setting : command_of(app).settings) {
    const auto* const text = std::get_if<std::string>(&setting.value);
    if ((text && text->empty()) || std::ranges::find(others, setting.name) != others.end()) continue;
    std::string name = setting.name;
    std::ranges::replace(name, '-', '_');
    all.emplace_back(std::move(name), setting.value);
  }
  return all;
}

/// --tensorboard. The settings are known when the command line has been read.
inline void add_board_option(CLI::App& app, BoardFiles& files) {
  add_folder(app, "--tensorboard", files.folder,
             "Folder for TensorBoard's event files (tensorboard --logdir FOLDER): curves, histograms, settings; an "
             "earlier run's are set aside");
  app.final_callback([&app, &files] {
    files.settings = settings_of(app);
    for (const auto& [name, value] : files.settings)
      if (const auto* const rate = std::get_if<double>(&value); rate && name == "learning_rate")
        files.learning_rate = *rate;
  });
}

}  // namespace trainer
