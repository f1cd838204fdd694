#pragma once
// SPDX-License-Identifier: MIT
// What the parts of the trainer time_series share: its settings, the attentions, runs of several seeds.

#include "callbacks.hpp"
#include "metrics.hpp"
#include "onnx_options.hpp"
#include "weights.hpp"

#include <odot/any_device.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace time_series {

/// The command line. What is not given is the task's own.
struct Settings {
  std::string task = "japanese-vowels", attention = "ea-6";
  std::optional<long long> epochs = {}, batch_size = {};
  std::optional<double> learning_rate = {}, weight_decay = {};
  unsigned long long seed = 1;
  long long seeds = 1;
  bool select = false;  ///< judge by validation samples; the test samples are not looked at
  bool levels = false;  ///< forecast the variables themselves, not their change since the window's last step
  std::string device = "cpu";
  int threads = 0;        ///< of the cpu; 0: all
  std::string data = {};  ///< folder, "synthetic", or empty: where data::find looks
  trainer::RunFiles files = {};
  bool quiet = false;
};

/// What a task takes where the command line says nothing. Chosen on validation samples: docs/sequences.md.
struct Defaults {
  long long epochs, batch_size;
  double learning_rate, weight_decay;
};

/// One run: a seed of its own, the rest as the settings say.
struct Run {
  odot::Seed seed{1};
  odot::FitOptions fit;
  odot::optim::AdamWOptions optimizer;
  int threads = 0;
  bool select = false, quiet = false, levels = false;
  trainer::RunFiles files = {};  ///< the folder is the seed's own
  std::string dataset = {}, task = {}, attention = {};
};

/// Figures of a run, in the order in which they are printed.
using Figures = std::vector<std::pair<const char*, double>>;

/// What is said of the runs besides their figures.
struct Subject {
  std::string dataset;
  std::size_t parameters = 0;
  std::size_t train = 0, judged = 0;  ///< samples
  Figures baseline = {};              ///< of the forecast that repeats the last step; none: no such
};

/// Calls run_one for every seed and prints its figures, then the result line: the median of each figure over the seeds.
/// Returns the exit code: 0, or 128 + the signal that ended it.
int run_seeds(const Settings& settings, const Defaults& defaults, const Subject& subject,
              const std::function<Figures(const Run&)>& run_one);

/// A task: trains and judges as the settings say, returns the exit code.
using Task = int (*)(const Settings& settings);

// The tasks, each compiled by itself; those on the GPU, time_series.<task>.gpu.cpp, where ODOT_GPU
// is set.
int run_japanese_vowels(const Settings& settings);
int run_etth2_6(const Settings& settings);
int run_etth2_12(const Settings& settings);
int run_japanese_vowels_on_gpu(const Settings& settings);
int run_etth2_6_on_gpu(const Settings& settings);
int run_etth2_12_on_gpu(const Settings& settings);
std::string gpu_description();  ///< throws DeviceError where there is none

/// The network at the end of a run, where it is asked to keep it. `accuracy`: NaN where there is none. `name`: of the
/// weights in the run's folder.
void write_network(const Run& run, const auto& network, const odot::TrainingReport& report, double accuracy,
                   const trainer::OnnxExtras& extras = {}, const char* name = "weights.safetensors") {
  trainer::write_network(run.files, network,
                         {{"model", run.task + ", " + run.attention},
                          {"dataset", run.dataset},
                          {"epochs", std::to_string(report.epochs.size())},
                          {"seed", std::to_string(run.seed.value)}},
                         accuracy, extras, name);
}

/// Calls body(std::type_identity<attention>) for the attention of the settings.
/// Errors  ArgumentError: a name that is none
template <bool Causal, class Body>
int with_attention(const std::string& name, const Body& body) {
  using namespace odot::models;
  if (name == "ea-2") return body(std::type_identity<SeriesAttention<2, Causal>>{});
  if (name == "ea-6") return body(std::type_identity<SeriesAttention<6, Causal>>{});
  if (name == "ea-full") return body(std::type_identity<SeriesAttention<odot::nn::full_order, Causal>>{});
  if (name == "self") return body(std::type_identity<HeadedAttention<Causal>>{});
  throw odot::ArgumentError("--attention: expected ea-2, ea-6, ea-full or self, found '" + name + "'");
}

}  // namespace time_series
