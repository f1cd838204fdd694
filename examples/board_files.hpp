#pragma once
// SPDX-License-Identifier: MIT
// What a run writes for TensorBoard, as the command line says.

#include "options.hpp"

#include <odot/core/number_text.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

namespace trainer {

struct BoardFiles {
  std::string folder = {};                                      ///< empty: nothing
  std::vector<std::pair<std::string, std::string>> settings{};  ///< options and their values
  double learning_rate = 0;                                     ///< before the schedule's factor; 0: no curve of it

  /// A setting that the command line leaves to the trainer.
  void set(const std::string& name, double value) {
    std::erase_if(settings, [&](const auto& setting) { return setting.first == name; });
    settings.emplace_back(name, odot::number_text::shortest(value));
  }
};

/// All options that are about the training, with the values given or their defaults.
inline std::vector<std::pair<std::string, std::string>> settings_of(const CLI::App& app) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const CLI::Option* option : app.get_options()) {
    std::string name = option->get_single_name(), value;
    bool about_files = false;
    for (const char* other : {"help", "version", "quiet", "summary", "out", "resume", "tensorboard", "save", "onnx",
                              "keep", "checkpoint-every", "classify", "invert", "explain"})
      about_files = about_files || name == other;
    if (about_files) continue;
    for (const std::string& part : option->results()) value += (value.empty() ? "" : " ") + part;
    if (value.empty()) value = option->get_default_str();
    for (char& letter : name)
      if (letter == '-') letter = '_';
    if (!value.empty()) all.emplace_back(std::move(name), std::move(value));
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
      if (name == "learning_rate") files.learning_rate = odot::number_text::read(value).value_or(0);
  });
}

}  // namespace trainer
