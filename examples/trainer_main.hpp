#pragma once
// SPDX-License-Identifier: MIT
// The trainers' main function: command line, data, the chosen model.

#include "command_line.hpp"
#include "trainer.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace trainer {

/// Throws ArgumentError for sizes out of range.
inline void check(const Settings& s) {
  require(s.epochs >= 0 && s.epochs <= 1'000'000, "--epochs", "0 to 1000000", std::to_string(s.epochs));
  require(s.batch_size >= 1, "--batch-size", "1 or more", std::to_string(s.batch_size));
  require_device(s.device);
  require(s.threads >= 0 && s.threads <= 1024, "--threads", "0 (all) to 1024", std::to_string(s.threads));
}

template <odot::ShapeType Image>
const Choice<Image>& find_choice(const std::vector<Choice<Image>>& choices, const std::string& name) {
  std::string names;
  for (const auto& choice : choices) {
    if (choice.name == name) return choice;
    names += (names.empty() ? "" : ", ") + choice.name;
  }
  throw odot::ArgumentError("--model: expected one of " + names + ", found " + name);
}

/// What runs the choice on the device of the settings. Throws DeviceError where that can't be had.
template <odot::ShapeType Image>
typename Choice<Image>::Run find_run(const Settings& settings, const Choice<Image>& choice, const GpuPart<Image>* gpu) {
  if (settings.device == "cpu") return choice.run;
  if (!gpu) throw_no_gpu();
  gpu->description();
  return gpu->run(choice.name);
}

/// The options that every trainer has.
inline void add_options(CLI::App& app, Settings& settings) {
  app.add_option("--data", settings.data,
                 "Folder of the data set, or \"synthetic\" for the built-in set (default: $ODOT_DATA, then ./data)");
  app.add_option("--epochs", settings.epochs, "0 evaluates the untrained model")->capture_default_str();
  app.add_option("--batch-size", settings.batch_size, "Samples")->capture_default_str();
  app.add_option("--learning-rate", settings.learning_rate, "Adam's")->capture_default_str();
  app.add_option("--seed", settings.seed, "Of the initial weights and the order of the samples")->capture_default_str();
  app.add_option("--threads", settings.threads, "Of the cpu; 0: all")->capture_default_str();
  app.add_flag("--quiet", settings.quiet, "Print the result line alone");
}

/// The set that --data says, by `load` from its folder.
template <odot::ShapeType Image>
odot::data::Split<Image> load_data(const Settings& settings, const char* set_name,
                                   odot::data::Split<Image> (*load)(const std::filesystem::path&)) {
  if (settings.data == "synthetic") return odot::data::synthetic<Image>(odot::Seed{1});
  return load(settings.data.empty() ? odot::data::find(set_name) : odot::data::find(set_name, settings.data));
}

/// The main function of a trainer: parses the command line, loads the data, runs the chosen model. `load` reads the set
/// from its folder. Returns the exit code, as run_program.
template <odot::ShapeType Image>
int main(int argc, char** argv, const char* set_name, Settings settings, const std::vector<Choice<Image>>& choices,
         odot::data::Split<Image> (*load)(const std::filesystem::path&), const GpuPart<Image>* gpu = nullptr) {
  settings.paper_batch_size = settings.batch_size;
  CLI::App app(std::string("Trains a model of \"Element-Wise Attention Layers\" on ") + set_name);
  std::string models;
  for (const auto& choice : choices) models += "\n  " + choice.name + ": " + choice.description;
  app.add_option("--model", settings.model, "One of" + models)->capture_default_str();
  add_options(app, settings);
  app.add_option("--attention-learning-rate", settings.attention_learning_rate,
                 "Adam's for the attention arrays alone (the paper's split optimizers: 0.1)");
  app.add_option("--device", settings.device, "cpu or gpu")->capture_default_str();
  app.add_option("--out", settings.out, "Folder for batches.csv, epochs.csv and curves.svg");
  return run_program(app, argc, argv, [&] {
    check(settings);
    const Choice<Image>& choice = find_choice(choices, settings.model);
    const auto run = find_run(settings, choice, gpu);
    return run(settings, choice, load_data(settings, set_name, load));
  });
}

}  // namespace trainer
