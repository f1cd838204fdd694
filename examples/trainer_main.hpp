#pragma once
// SPDX-License-Identifier: MIT
// The trainers' main function: command line, data, the chosen model.

#include "classify.hpp"
#include "command_line.hpp"
#include "file_options.hpp"
#include "trainer.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace trainer {

template <odot::ShapeType Image>
const ModelChoice<Image>& find_choice(const std::vector<ModelChoice<Image>>& choices, const std::string& name) {
  std::string names;
  for (const auto& choice : choices) {
    if (choice.name == name) return choice;
    names += (names.empty() ? "" : ", ") + choice.name;
  }
  throw odot::ArgumentError("--model: expected one of " + names + ", found '" + name + "'");
}

/// What runs the choice on the device of the settings. Throws DeviceError if that can't be had.
template <odot::ShapeType Image>
typename ModelChoice<Image>::Run find_run(const Settings& settings, const ModelChoice<Image>& choice,
                                          const GpuPart<Image>* gpu) {
  if (settings.device == "cpu") return choice.run;
  if (!gpu) throw_no_gpu();
  gpu->description();
  return gpu->run(choice.name);
}

/// The options that every trainer has.
inline void add_options(CLI::App& app, Settings& settings) {
  add_folder(app, "--data", settings.data, data_help);
  add_number(app, "--epochs", settings.epochs, epochs_range, "0 evaluates the untrained model");
  add_number(app, "--batch-size", settings.batch_size, batch_range, "Samples");
  add_number(app, "--learning-rate", settings.learning_rate, rate_range, "Adam's");
  add_number(app, "--seed", settings.seed, seed_range, "Of the initial weights and the order of the samples");
  add_number(app, "--threads", settings.threads, threads_range, "Of the cpu; 0: all");
  add_file_options(app, settings.files);
  add_picture_options(app, settings.files.pictures);
  app.add_flag("--quiet", settings.quiet, "Print the result line alone");
}

/// The set that --data says, by `load` from its folder.
/// Errors  ArgumentError: a batch larger than the training samples
template <odot::ShapeType Image>
Images<Image> load_data(const Settings& settings, const char* set_name,
                        Images<Image> (*load)(const std::filesystem::path&)) {
  auto data = settings.data == "synthetic" ? odot::data::synthetic<Image>(odot::Seed{1})
              : settings.data.empty()      ? load(odot::data::find(set_name))
                                           : load(odot::data::find(set_name, settings.data));
  require_batch(static_cast<std::size_t>(settings.batch_size), data.train.size());
  return data;
}

/// The main function of a trainer: parses the command line, loads the data, runs the chosen model. `load` reads the set
/// from its folder. Returns the exit code, as run_program.
template <odot::ShapeType Image>
int main(int argc, char** argv, const char* set_name, Settings settings, const std::vector<ModelChoice<Image>>& choices,
         Images<Image> (*load)(const std::filesystem::path&), const GpuPart<Image>* gpu = nullptr) {
  settings.paper_batch_size = settings.batch_size;
  CLI::App app(std::string("Trains a model of \"Element-Wise Attention Layers\" on ") + set_name);
  std::string models;
  for (const auto& choice : choices) models += "\n  " + choice.name + ": " + choice.description;
  app.add_option("--model", settings.model, "One of" + models)->capture_default_str();
  add_options(app, settings);
  add_number(app, "--attention-learning-rate", settings.attention_learning_rate, rate_range,
             "Adam's for the attention arrays alone (the paper's split optimizers: 0.1)");
  add_training_options(app, settings.training);
  app.add_option("--device", settings.device, "cpu or gpu")->capture_default_str();
  app.footer(
      "The eps of the norm inside the heads is a constant of the model, 1e-5 as in the paper. Another is a model of "
      "its\n"
      "own, a few lines: docs/paper.md, \"Another eps\".");
  return run_program(app, argc, argv, [&] {
    require_device(settings.device);
    const ModelChoice<Image>& choice = find_choice(choices, settings.model);
    const auto run = find_run(settings, choice, gpu);
    check_files(settings.files);
    check_pictures(settings.files.pictures);
    const auto out = claim_files(settings.files);
    return run(settings, choice, load_data(settings, set_name, load));
  });
}

}  // namespace trainer
