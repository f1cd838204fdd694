#pragma once
// SPDX-License-Identifier: MIT
// What the trainers share: a model's run and its result line. The command line: trainer_main.hpp.

#include "board_maps.hpp"
#include "callbacks.hpp"
#include "classify.hpp"
#include "onnx_options.hpp"
#include "program.hpp"
#include "training_options.hpp"
#include "weights.hpp"

#include <odot/any_device.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace trainer {

/// A row of the paper's table, and the learning rate of the attention arrays that it is for.
struct PaperResult {
  double loss = 0, accuracy = 0, gradient_average = 0;
  double attention_learning_rate = 1e-3;
  bool reported = true;  ///< false: a model that the paper does not have
};

/// The command line of a trainer.
struct Settings {
  std::string model = {};
  std::string data = {};  ///< folder, "synthetic", or empty: where data::find looks
  long long epochs = 10;
  long long batch_size = 0;  ///< samples
  double learning_rate = 1e-3;
  std::optional<double> attention_learning_rate = {};  ///< of the attention arrays; none: as the rest
  unsigned long long seed = 1;
  std::string device = "cpu";
  int threads = 0;  ///< 0: all; of the cpu
  RunFiles files = {};
  TrainingOptions training = {};
  bool quiet = false;
  long long paper_batch_size = 0;  ///< the paper's for this data set, the default

  /// Whether a run with these settings can be compared with a row of the paper's.
  bool as_in_the_paper(const PaperResult& paper) const {
    return paper.reported && training.plain() && epochs == 10 && batch_size == paper_batch_size &&
           learning_rate == 1e-3 && attention_learning_rate.value_or(learning_rate) == paper.attention_learning_rate;
  }
};

/// Labelled images for training and for testing.
template <odot::ShapeType Image>
using Images = odot::data::Split<odot::data::Dataset<Image>>;

/// A model that a trainer offers.
template <odot::ShapeType Image>
struct ModelChoice {
  using Run = int (*)(const Settings&, const ModelChoice&, const Images<Image>&);
  std::string name, description;
  PaperResult paper;
  Run run;  ///< on the Cpu
};

/// What a trainer's part <trainer>.gpu.cpp adds, compiled for the GPU.
template <odot::ShapeType Image>
struct GpuPart {
  std::string (*description)();  ///< of the GPU; throws odot::DeviceError where there is none
  typename ModelChoice<Image>::Run (*run)(const std::string& model);
};

/// The first head's Wx of the first layer for an attention model, the first weight for any other: what the paper's
/// "gradients average" is the mean of.
template <class Network>
Watch first_layer_gradient(const Network& network) {
  const auto& first = network.parameter_table().front();
  if (first.name.ends_with(".heads.weight_x")) return {first.name, Network::input_shape::size};
  return {first.name, 0};
}

inline odot::optim::Adam make_adam(const Settings& settings) {
  const odot::optim::AdamOptions rest{.learning_rate = settings.learning_rate};
  if (!settings.attention_learning_rate) return odot::optim::Adam{rest};
  return odot::optim::Adam{rest, {{"*.heads.weight_*", {.learning_rate = *settings.attention_learning_rate}}}};
}

inline void print_comparison(RunRecord& record, const PaperResult& found, const PaperResult& paper, bool comparable) {
  odot::io::ReportTable table{"", {"", "loss", "accuracy", "gradient average"}, {}};
  record.print("%-10s %10s %12s %18s\n", "", "loss", "accuracy", "gradient average");
  const auto row = [&](const char* name, const PaperResult& r) {
    record.print("%-10s %10.4f %10.2f %% %18.1e\n", name, r.loss, r.accuracy, r.gradient_average);
    table.rows.push_back({name, odot::number_text::fixed(r.loss, 4), odot::number_text::fixed(r.accuracy, 2) + " %",
                          odot::number_text::scientific(r.gradient_average, 1)});
  };
  row("this run", found);
  if (comparable) row("the paper", paper);
  record.add_section("Figures of the paper", [table](odot::io::Report& page) {
    page.text(
            "As the paper defines them: the loss is the sum of an epoch's batch losses, the gradient average the mean "
            "of "
            "the first layer's gradient in the last batch.")
        .table(table);
  });
}

/// What a run is about, for its folder.
inline RunSubject subject_of(const Settings& settings, const std::string& model, const std::string& description,
                             std::size_t parameters, std::size_t memory, const odot::data::Split<std::size_t>& samples,
                             const std::string& set, bool synthetic, const std::string& device) {
  return {.title = "Model " + model + " on " + set,
          .description = "A model of \"Element-Wise Attention Layers\": " + description + ".",
          .model = {{"model", model},
                    {"description", description},
                    {"parameters", count(parameters)},
                    {"training_bytes_per_sample", count(memory)}},
          .data = {{"set", set},
                   {"synthetic", synthetic},
                   {"training_samples", count(samples.train)},
                   {"test_samples", count(samples.test)}},
          .training = {{"epochs", settings.epochs},
                       {"batch_size", settings.batch_size},
                       {"optimizer", "Adam"},
                       {"learning_rate", settings.learning_rate},
                       {"attention_learning_rate", settings.attention_learning_rate.value_or(settings.learning_rate)},
                       {"seed", seed_value(settings.seed)}},
          .device = {{"device", settings.device}, {"description", device}}};
}

template <odot::DeviceType Device>
std::string device_description(int threads) {
  if constexpr (Device::host_accessible) return std::to_string(threads) + " thread(s)";
  else return "on " + Device::description();
}

/// Trains `Model` as the settings say and prints the result; returns the exit code.
template <class Model, odot::DeviceType Device = odot::Cpu>
int run(const Settings& settings, const ModelChoice<typename Model::input_shape>& choice,
        const Images<typename Model::input_shape>& data) {
  odot::Network<Model, Device> network(odot::Seed{settings.seed}, odot::nn::init::normal(0.02), settings.threads);
  load_weights(settings.files.weights, network);
  print_summary(settings.files, network);
  const auto attention = [](const auto& trained, auto x) { return odot::nn::relevance_maps(trained, x); };
  check_explanation(settings.files, network, attention);
  odot::optim::Adam adam = make_adam(settings);
  PaperFigures figures(network, first_layer_gradient(network));
  const odot::Interrupt interrupt;
  const odot::FitOptions options{.epochs = static_cast<std::size_t>(settings.epochs),
                                 .batch_size = static_cast<std::size_t>(settings.batch_size),
                                 .seed = odot::Seed{settings.seed},
                                 .should_stop = [&] { return interrupt.requested(); }};
  RunRecord& record = *settings.files.record;
  const std::string device = device_description<Device>(network.workspace().threads());
  record.describe(subject_of(settings, choice.name, choice.description, Model::parameter_count,
                             network.training_memory_per_sample, {data.train.size(), data.test.size()}, data.train.name,
                             data.train.synthetic, device));
  record.print(
      "model %s: %s; %zu parameters, %zu bytes of training memory per sample\n"
      "data %s: %zu training and %zu test samples; batches of %lld; %s\n",
      choice.name.c_str(), choice.description.c_str(), Model::parameter_count, network.training_memory_per_sample,
      data.train.name.c_str(), data.train.size(), data.test.size(), settings.batch_size, device.c_str());
  program::flush_output();

  const odot::TrainingReport report = with_callbacks(
      figures, settings.files, settings.quiet, options,
      [&](const auto& resumed, auto&... callbacks) {
        return trained(network, adam, data, settings.training, resumed, callbacks...);
      },
      board_pictures(network, data.test));

  write_network(settings.files, network,
                {{"model", choice.name},
                 {"dataset", data.train.name},
                 {"epochs", std::to_string(report.epochs.size())},
                 {"seed", std::to_string(settings.seed)}},
                report.accuracy, {.class_names = data.train.classes});

  if (settings.epochs > 0)
    print_comparison(record, {figures.loss(), report.accuracy, figures.gradient_average()}, choice.paper,
                     settings.as_in_the_paper(choice.paper) && !data.train.synthetic);
  const std::string metrics =
      report_metrics(network, network.workspace(), data.test, settings.training.metrics, record);
  const bool classified = classify(settings.files, network, data.train.classes, attention);
  record.finish(formatted("result model=%s dataset=%s parameters=%zu epochs=%zu loss=%.4f accuracy=%.2f "
                          "gradient_average=%.1e seconds=%.1f%s",
                          choice.name.c_str(), data.train.name.c_str(), Model::parameter_count, report.epochs.size(),
                          figures.loss(), report.accuracy, figures.gradient_average(), report.seconds, metrics.c_str()),
                report.interrupted);
  return report.interrupted ? 128 + interrupt.signal() : classified ? 0 : program::failure;
}

}  // namespace trainer
