// SPDX-License-Identifier: MIT
// Trains the transformers of "Reducing the Transformer Architecture to a Minimum" on MNIST or CIFAR-10: one of them, or
// the paper's grid. The models: minimal_transformer.heads.cpp, minimal_transformer.one_head.cpp, and for the GPU
// minimal_transformer.heads.gpu.cpp, minimal_transformer.one_head.gpu.cpp.

#include "minimal_transformer.hpp"

#include "command_line.hpp"
#include "file_options.hpp"
#include "out_folder.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace odot;

namespace {

constexpr std::size_t classes = 10;

/// The command line.
struct Options {
  std::string dataset = "mnist", data = {}, variant = "full", device = "cpu";
  trainer::RunFiles files = {};
  long long encoders = 6, heads = 1, epochs = 15, batch_size = 512, samples = 0;
  double learning_rate = 1e-3;
  unsigned long long seed = 1;
  int threads = 0;
  std::string schedule = "constant", recipe = "ours";
  bool mlp = false, grid = false, quiet = false;

  minimal::Settings settings() const {
    return {static_cast<std::size_t>(epochs),
            static_cast<std::size_t>(batch_size),
            learning_rate,
            recipe == "authors" ? minimal::Recipe::authors : minimal::Recipe::ours,
            schedule == "cosine",
            Seed{seed},
            threads,
            grid ? trainer::RunFiles{} : files,
            quiet};
  }
};

void check(const Options& options) {
  using trainer::require;
  require(options.dataset == "mnist" || options.dataset == "cifar10", "--dataset", "mnist or cifar10", options.dataset);
  require(options.schedule == "constant" || options.schedule == "cosine", "--schedule", "constant or cosine",
          options.schedule);
  require(options.recipe == "ours" || options.recipe == "authors", "--recipe", "ours or authors", options.recipe);
  if (options.grid && options.recipe == "authors") throw ArgumentError("--grid: expected --recipe ours");
  trainer::require_device(options.device);
  const trainer::RunFiles& files = options.files;
  if (options.grid &&
      (files.resume || files.checkpoint_options_given || !files.weights.empty() || !files.save.empty() ||
       !files.onnx.empty() || !files.board.folder.empty() || !files.pictures.paths.empty()))
    throw ArgumentError(
        "--grid: expected none of --weights, --save, --onnx, --resume, --checkpoint-every, --keep, "
        "--classify and --tensorboard, "
        "which are for one model; a grid always continues from its grid.csv");
  trainer::check_files(files);
  trainer::check_pictures(files.pictures);
}

/// The models on the device of the options. Throws DeviceError if it can't be had.
std::vector<minimal::Part> parts(const Options& options) {
  std::vector<minimal::Part> all, rest;
  if (options.device == "cpu") {
    all = minimal::several_heads_on_cpu();
    rest = minimal::one_head_on_cpu();
  } else {
#ifdef TRAINER_GPU
    const std::string device = minimal::gpu_description();
    options.files.record->print("on %s\n", device.c_str());
    all = minimal::several_heads_on_gpu();
    rest = minimal::one_head_on_gpu();
#else
    trainer::throw_no_gpu();
#endif
  }
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

/// All models for images of one shape.
template <ShapeType Image>
std::vector<minimal::ModelChoice<Image>> all_choices(const Options& options) {
  std::vector<minimal::ModelChoice<Image>> all;
  for (const minimal::Part& part : parts(options)) {
    if constexpr (std::is_same_v<Image, models::MnistImage>)
      all.insert(all.end(), part.mnist.begin(), part.mnist.end());
    else if constexpr (std::is_same_v<Image, models::LargeMnistImage>)
      all.insert(all.end(), part.large_mnist.begin(), part.large_mnist.end());
    else all.insert(all.end(), part.cifar10.begin(), part.cifar10.end());
  }
  return all;
}

template <ShapeType Image>
minimal::ModelChoice<Image> find_choice(const std::vector<minimal::ModelChoice<Image>>& all, const Options& options) {
  const bool no_mlp = options.variant == "no-mlp";
  if (no_mlp && options.mlp) throw ArgumentError("--mlp: --variant no-mlp is the full attention without one");
  const std::string attention = no_mlp ? "full" : options.variant;
  const bool mlp = options.mlp || options.variant == "full";
  bool known = false;
  for (const auto& choice : all) {
    const minimal::Variant& v = choice.variant;
    known = known || v.attention == attention;
    if (v.attention == attention && v.mlp == mlp && static_cast<long long>(v.encoders) == options.encoders &&
        static_cast<long long>(v.heads) == options.heads)
      return choice;
  }
  if (!known)
    throw ArgumentError("--variant: expected full, no-mlp, wqk, wqk-no-wv-wo, symmetric or symmetric-tt, found '" +
                        options.variant + "'");
  if (options.recipe == "authors" && options.dataset == "mnist")
    throw ArgumentError(
        "--recipe: the authors' comes for MNIST with 6 encoders, 1 head and no MLP but the full model's, "
        "found other ones");
  throw ArgumentError("--encoders, --heads: " + options.variant + " comes with 6 or 12 encoders and " +
                      (attention == "full" || attention == "symmetric" ? "1 or 4 heads" : "1 head") + ", found " +
                      std::to_string(options.encoders) + " and " + std::to_string(options.heads));
}

/// Conditions on the parameters: K training samples of M outputs each, for P parameters.
template <ShapeType Image>
double overdetermination(const minimal::ModelChoice<Image>& choice, const minimal::Images<Image>& data) {
  return static_cast<double>(data.train.size() * classes) / static_cast<double>(choice.parameters);
}

// ---- one model

template <ShapeType Image>
trainer::RunSubject subject_of(const Options& options, const minimal::ModelChoice<Image>& choice,
                               const minimal::Images<Image>& data, double q) {
  return {.title = minimal::title(choice.variant) + " on " + data.train.name,
          .description = "A transformer of \"Reducing the Transformer Architecture to a Minimum\".",
          .test_name = "validation",
          .model = {{"attention", choice.variant.attention},
                    {"mlp", choice.variant.mlp},
                    {"encoders", trainer::count(choice.variant.encoders)},
                    {"heads", trainer::count(choice.variant.heads)},
                    {"parameters", trainer::count(choice.parameters)}},
          .data = {{"set", data.train.name},
                   {"synthetic", data.train.synthetic},
                   {"training_samples", trainer::count(data.train.size())},
                   {"validation_samples", trainer::count(data.test.size())},
                   {"conditions_per_parameter", q}},
          .training = {{"epochs", options.epochs},
                       {"batch_size", options.batch_size},
                       {"optimizer", options.recipe == "authors" ? "AdamW" : "Adam"},
                       {"recipe", options.recipe},
                       {"learning_rate", options.learning_rate},
                       {"schedule", options.schedule},
                       {"seed", trainer::seed_value(options.seed)}},
          .device = {{"device", options.device},
                     {"threads", trainer::count(static_cast<std::size_t>(options.threads > 0 ? options.threads
                                                                                             : default_threads()))}}};
}

template <ShapeType Image>
int run_one(const Options& options, const std::vector<minimal::ModelChoice<Image>>& choices,
            const minimal::Images<Image>& data) {
  const auto choice = find_choice(choices, options);
  const double q = overdetermination(choice, data);
  trainer::RunRecord& record = *options.files.record;
  record.print("%s: %zu parameters; data %s: %zu training and %zu validation samples, Q = %.2f\n",
               minimal::title(choice.variant).c_str(), choice.parameters, data.train.name.c_str(), data.train.size(),
               data.test.size(), q);
  const auto out = trainer::claim_files(options.files);
  record.describe(subject_of(options, choice, data, q));
  program::flush_output();
  const Interrupt interrupt;
  const auto outcome = choice.train(options.settings(), choice.variant, data, [&] { return interrupt.requested(); });
  const std::string line = trainer::formatted(
      "result variant=%s mlp=%d encoders=%zu heads=%zu dataset=%s parameters=%zu q=%.2f epochs=%zu training_loss=%.4f "
      "validation_loss=%.4f best_validation_loss=%.4f training_accuracy=%.2f accuracy=%.2f seconds=%.1f",
      choice.variant.attention.c_str(), choice.variant.mlp, choice.variant.encoders, choice.variant.heads,
      data.train.name.c_str(), choice.parameters, q, outcome.epochs, outcome.training_loss, outcome.validation_loss,
      outcome.best_validation_loss, outcome.training_accuracy, outcome.validation_accuracy, outcome.seconds);
  record.finish(line, interrupt.requested());
  return interrupt.requested() ? 128 + interrupt.signal() : outcome.classified ? 0 : program::failure;
}

// ---- the grid

/// The grid's finished models, in <out>/grid.csv: a run that was stopped continues after them.
class GridLog {
 public:
  /// `header`: what must be the same for the rows to be of one grid.
  GridLog(const std::string& folder, const std::string& header) : header_("# " + header) {
    if (folder.empty()) return;
    claimed_.emplace(folder, std::initializer_list<const char*>{"grid.csv"});
    path_ = std::filesystem::path(folder) / "grid.csv";
    if (std::ifstream file(path_); file) read(file);
  }

  std::optional<minimal::Outcome> find(const std::string& title) const {
    const auto row = rows_.find(title);
    return row == rows_.end() ? std::nullopt : std::optional(row->second);
  }

  void add(const std::string& title, const minimal::Outcome& outcome) {
    rows_[title] = outcome;
    if (path_.empty()) return;
    std::string text = header_ + '\n';
    for (const auto& [name, o] : rows_) {
      text += '"' + name + '"';
      for (const double number : {o.training_loss, o.training_accuracy, o.validation_loss, o.validation_accuracy,
                                  o.best_validation_loss, o.seconds})
        text += ',' + number_text::shortest(number);
      text += ',' + std::to_string(o.epochs) + '\n';
    }
    io::write_file(path_, text);
  }

 private:
  /// ",1.5,…,15": six numbers and the epochs.
  static bool read_numbers(std::string_view text, minimal::Outcome& o) {
    const auto fields = data::TextReader::split(text, ',');
    if (fields.size() != 8 || !fields[0].empty()) return false;
    std::size_t i = 0;
    for (double* number : {&o.training_loss, &o.training_accuracy, &o.validation_loss, &o.validation_accuracy,
                           &o.best_validation_loss, &o.seconds}) {
      const auto value = number_text::read(fields[++i]);
      if (!value) return false;
      *number = *value;
    }
    const std::string_view epochs = fields[7];
    const auto [end, error] = std::from_chars(epochs.data(), epochs.data() + epochs.size(), o.epochs);
    return error == std::errc() && end == epochs.data() + epochs.size();
  }

  void read(std::ifstream& file) {
    std::string line;
    std::getline(file, line);
    if (line != header_)
      throw ArgumentError("--out: " + path_.string() + " is of another grid (" + line + ", now " + header_ +
                          "); choose another folder");
    for (std::size_t number = 2; std::getline(file, line); ++number) {
      const std::size_t end = line.rfind('"');
      minimal::Outcome o;
      if (end == std::string::npos || end == 0 || !read_numbers(std::string_view(line).substr(end + 1), o))
        throw FileError(path_.string(), "line " + std::to_string(number) +
                                            ": expected a title in quotes and seven numbers; delete the file, or the "
                                            "line, to train that model again");
      rows_[line.substr(1, end - 1)] = o;
    }
  }

  std::string header_;
  std::optional<trainer::OutFolder> claimed_;
  std::filesystem::path path_;
  std::map<std::string, minimal::Outcome> rows_;
};

template <ShapeType Image>
void print_row(const minimal::ModelChoice<Image>& choice, double share, double q, const minimal::Outcome& o) {
  const minimal::Variant& v = choice.variant;
  std::printf("| %s | %s | %zu | %zu | %zu | %.1f %% | %.2f | %.4f | %.4f | %.4f | %.2f %% | %.2f %% | %.0f |\n",
              v.attention.c_str(), v.mlp ? "yes" : "no", v.encoders, v.heads, choice.parameters, 100 * share, q,
              o.training_loss, o.validation_loss, o.best_validation_loss, o.training_accuracy, o.validation_accuracy,
              o.seconds);
  program::flush_output();
}

template <ShapeType Image>
int run_grid(const Options& options, const std::vector<minimal::ModelChoice<Image>>& all,
             const minimal::Images<Image>& data) {
  GridLog log(options.files.out, data.train.name + " samples=" + std::to_string(data.train.size()) +
                                     " epochs=" + std::to_string(options.epochs) +
                                     " batch_size=" + std::to_string(options.batch_size) +
                                     " learning_rate=" + number_text::shortest(options.learning_rate) +
                                     " schedule=" + options.schedule + " seed=" + std::to_string(options.seed));
  std::printf(
      "%s: %zu training and %zu validation samples, %lld epochs each\n\n"
      "| attention | MLP | encoders | heads | parameters | of full | Q | training loss | validation loss | its least | "
      "training accuracy | validation accuracy | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
      data.train.name.c_str(), data.train.size(), data.test.size(), options.epochs);
  program::flush_output();
  const Interrupt interrupt;
  std::size_t done = 0, full = 1;
  for (const std::size_t encoders : {std::size_t{6}, std::size_t{12}})
    for (const auto& choice : all) {
      const minimal::Variant& v = choice.variant;
      if (v.encoders != encoders || interrupt.requested()) continue;
      if (v.attention == "full" && v.mlp && v.heads == 1) full = choice.parameters;
      auto outcome = log.find(minimal::title(v));
      if (!outcome) {
        outcome = choice.train(options.settings(), choice.variant, data, [&] { return interrupt.requested(); });
        if (interrupt.requested()) break;
        log.add(minimal::title(v), *outcome);
      }
      print_row(choice, static_cast<double>(choice.parameters) / static_cast<double>(full),
                overdetermination(choice, data), *outcome);
      ++done;
    }
  std::printf("result grid dataset=%s models=%zu of %zu\n", data.train.name.c_str(), done, all.size());
  return interrupt.requested() ? 128 + interrupt.signal() : 0;
}

/// MNIST's digits in 32 × 32 pixels.
minimal::Images<models::LargeMnistImage> load_large_mnist(const std::filesystem::path& folder) {
  const auto small = data::load_mnist(folder);
  return {minimal::enlarged<models::LargeMnistImage>(small.train),
          minimal::enlarged<models::LargeMnistImage>(small.test)};
}

/// The built-in set.
template <ShapeType Image>
minimal::Images<Image> synthetic() {
  if constexpr (std::is_same_v<Image, models::LargeMnistImage>) {
    const auto small = data::synthetic<models::MnistImage>(Seed{1});
    return {minimal::enlarged<Image>(small.train), minimal::enlarged<Image>(small.test)};
  } else {
    return data::synthetic<Image>(Seed{1});
  }
}

/// The data as the command line says, and what it asks for.
template <ShapeType Image>
int run(const Options& options, const std::string& set, minimal::Images<Image> (*load)(const std::filesystem::path&)) {
  const auto choices = all_choices<Image>(options);
  auto data = options.data == "synthetic"
                  ? synthetic<Image>()
                  : load(options.data.empty() ? data::find(set) : data::find(set, options.data));
  const auto samples = static_cast<std::size_t>(options.samples);
  trainer::require(samples <= data.train.size(), "--samples",
                   "0 (all) to " + std::to_string(data.train.size()) + ", the number of training samples",
                   std::to_string(samples));
  if (samples > 0) data.train = data.train.first(samples);
  trainer::require_batch(static_cast<std::size_t>(options.batch_size), data.train.size());
  return options.grid ? run_grid(options, choices, data) : run_one(options, choices, data);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Trains a model of \"Reducing the Transformer Architecture to a Minimum\", or all of them");
  app.add_option("--dataset", options.dataset, "mnist or cifar10")->capture_default_str();
  using trainer::add_number;
  add_number(app, "--encoders", options.encoders, {6, 12}, "6 or 12");
  add_number(app, "--heads", options.heads, {1, 4}, "1, or 4 for full, no-mlp and symmetric");
  app.add_option(
         "--variant", options.variant,
         "full: multi-head attention and MLP; no-mlp: without the MLP. And without MLP: wqk: one matrix in place "
         "of W_Q W_K^T; wqk-no-wv-wo: without W_V and W_O too, the minimum; symmetric: W_K = W_Q; symmetric-tt: "
         "T T^T, T triangular")
      ->capture_default_str();
  app.add_flag("--mlp", options.mlp, "Put the MLP back into a variant that comes without");
  app.add_flag(
      "--grid", options.grid,
      "Train all variants, with and without MLP, and print a table; with --out, a grid that was stopped continues");
  trainer::add_folder(app, "--data", options.data, trainer::data_help);
  add_number(app, "--samples", options.samples, {0, 1'000'000'000},
             "Number of training samples to use, from the first on; 0: all");
  add_number(app, "--epochs", options.epochs, trainer::epochs_range, "0 evaluates the untrained model");
  add_number(app, "--batch-size", options.batch_size, trainer::batch_range, "Samples");
  add_number(app, "--learning-rate", options.learning_rate, trainer::rate_range, "Adam's");
  app.add_option("--schedule", options.schedule,
                 "constant, or cosine: the learning rate rises over the first 2 % of all steps, then falls to 0")
      ->capture_default_str();
  app.add_option(
         "--recipe", options.recipe,
         "ours: Adam; or authors, as far as it is known: AdamW with a weight decay of 1e-4, batches of 256, "
         "pictures shifted by up to 10 %, rotated by up to 72 degrees, cropped to 80 %, MNIST in 32 x 32 pixels")
      ->capture_default_str();
  add_number(app, "--seed", options.seed, trainer::seed_range, "Of the initial weights and the order of the samples");
  app.add_option("--device", options.device, "cpu or gpu")->capture_default_str();
  add_number(app, "--threads", options.threads, trainer::threads_range, "Of the cpu; 0: all");
  trainer::add_file_options(app, options.files, ". With --grid: for grid.csv, which is gone on with");
  trainer::add_picture_options(app, options.files.pictures);
  app.add_flag("--quiet", options.quiet, "Print the result alone");
  return trainer::run_program(app, argc, argv, [&] {
    check(options);
    if (options.recipe == "authors" && app.count("--batch-size") == 0) options.batch_size = 256;
    if (options.dataset == "mnist" && options.recipe == "authors")
      return run<models::LargeMnistImage>(options, "mnist", load_large_mnist);
    return options.dataset == "mnist" ? run<models::MnistImage>(options, "mnist", data::load_mnist)
                                      : run<models::Cifar10Image>(options, "cifar-10-batches-bin", data::load_cifar10);
  });
}
