#pragma once
// SPDX-License-Identifier: MIT
// What the parts of minimal_transformer share: a variant of the paper's, its training, what comes of it.

#include "callbacks.hpp"
#include "classify.hpp"
#include "metrics.hpp"
#include "onnx_options.hpp"
#include "training_recipe.hpp"
#include "weights.hpp"

#include <odot/any_device.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace minimal {

/// Labelled images to train with and to judge by.
template <odot::ShapeType Image>
using Images = odot::data::Split<odot::data::Dataset<Image>>;

/// A model of the paper's grid.
struct Variant {
  std::size_t encoders, heads;
  std::string attention;  ///< as --variant names it
  bool mlp;
};

inline std::string title(const Variant& v) {
  return v.attention + (v.mlp ? " + mlp" : "") + ", " + std::to_string(v.encoders) + " encoders, " +
         std::to_string(v.heads) + (v.heads == 1 ? " head" : " heads");
}

struct Settings {
  std::size_t epochs = 15, batch_size = 512;
  double learning_rate = 1e-3;
  Recipe recipe = Recipe::ours;
  bool cosine = false;  ///< the learning rate falls along a cosine; else it is constant
  odot::Seed seed{1};
  int threads = 0;
  trainer::RunFiles files;
  bool quiet = false;
};

/// Losses: means over the samples, nats; accuracies: %.
struct Outcome {
  double training_loss = 0, training_accuracy = 0, validation_loss = 0, validation_accuracy = 0;
  double best_validation_loss = 0;  ///< of all epochs
  double seconds = 0;               ///< of training alone
  std::size_t epochs = 0;
  bool classified = true;  ///< whether every picture of --classify could be read
};

/// A variant for images of one shape, and how to train it. Logs are written where `settings.out` says.
template <odot::ShapeType Image>
struct ModelChoice {
  Variant variant;
  std::size_t parameters;
  Outcome (*train)(const Settings&, const Variant&, const Images<Image>&, const std::function<bool()>& should_stop);
};

/// The learning rate of a training on so many samples.
inline odot::optim::schedule::Schedule schedule(const Settings& settings, std::size_t samples) {
  const std::size_t steps = settings.epochs * ((samples + settings.batch_size - 1) / settings.batch_size);
  if (!settings.cosine || steps == 0) return odot::optim::schedule::constant();
  return odot::optim::schedule::cosine(steps / 50, steps);
}

/// Trains `Model` on a device and evaluates it on both parts of the data.
template <class Model, odot::DeviceType Device>
Outcome train(const Settings& settings, const Variant& variant, const Images<typename Model::input_shape>& data,
              const std::function<bool()>& should_stop) {
  odot::Network<Model, Device> network(settings.seed, odot::models::minimal_transformer_init(), settings.threads);
  const auto statistics = odot::data::channel_statistics(data.train);
  network.set_buffer("normalize.mean", statistics.mean);
  network.set_buffer("normalize.deviation", statistics.deviation);
  trainer::load_weights(settings.files.weights, network);
  trainer::print_summary(settings.files, network);
  const auto attention = [](const auto& trained, auto x) { return odot::nn::token_attention(trained, x); };
  trainer::check_explanation(settings.files, network, attention);
  auto optimizer = make_optimizer(settings.recipe, settings.learning_rate);
  const auto pictures = odot::data::augmented(data.train, augmentation(settings.recipe));
  const odot::FitOptions options{.epochs = settings.epochs,
                                 .batch_size = settings.batch_size,
                                 .seed = settings.seed,
                                 .schedule = schedule(settings, data.train.size()),
                                 .should_stop = should_stop,
                                 .test_name = "validation"};
  trainer::PaperFigures figures(network);
  const odot::TrainingReport report = trainer::with_callbacks(
      figures, settings.files, settings.quiet, options, [&](const auto& resumed, auto&... callbacks) {
        return odot::fit(network, optimizer, pictures, data.test, resumed, callbacks...);
      });
  trainer::write_network(settings.files, network,
                         {{"model", title(variant)},
                          {"dataset", data.train.name},
                          {"epochs", std::to_string(report.epochs.size())},
                          {"seed", std::to_string(settings.seed.value)}},
                         report.accuracy, {.class_names = data.train.classes});
  trainer::report_metrics(network, network.workspace(), data.test, false, *settings.files.record);
  const auto trained = odot::evaluate(network, network.workspace(), data.train);
  Outcome outcome{.training_loss = trained.mean(),
                  .training_accuracy = trained.accuracy(),
                  .validation_loss = report.test_loss,
                  .validation_accuracy = report.accuracy,
                  .best_validation_loss = report.test_loss,
                  .seconds = report.seconds,
                  .epochs = report.epochs.size(),
                  .classified = trainer::classify(settings.files, network, data.train.classes, attention)};
  for (const auto& epoch : report.epochs)
    outcome.best_validation_loss = std::min(outcome.best_validation_loss, epoch.test_loss);
  return outcome;
}

/// A model of the paper as a type of its own: its name is short, and nvcc can spell it.
template <odot::ShapeType Image, std::size_t Encoders, std::size_t Heads, odot::nn::AttentionForm Form, bool Mlp>
struct Transformer : odot::models::MinimalTransformer<Image, Encoders, Heads, Form, Mlp> {};

/// Every model with this form of attention for images of one shape: 6 and 12 encoders, these heads, with and without
/// MLP.
template <odot::ShapeType Image, odot::nn::AttentionForm Form, odot::DeviceType Device, std::size_t... Heads>
std::vector<ModelChoice<Image>> choices(const std::string& name) {
  std::vector<ModelChoice<Image>> all;
  const auto add = [&]<std::size_t Encoders, std::size_t H, bool Mlp>() {
    using Model = Transformer<Image, Encoders, H, Form, Mlp>;
    all.push_back({{Encoders, H, name, Mlp}, Model::parameter_count, train<Model, Device>});
  };
  if constexpr (Image::extents[0] == 1 && Image::extents[1] == 32) {  // the authors' digits: the rows of the claims
    if constexpr (Form == odot::nn::AttentionForm::full) add.template operator()<6, 1, true>();
    add.template operator()<6, 1, false>();
    return all;
  }
  const auto with_heads = [&]<std::size_t H>() {
    add.template operator()<6, H, true>();
    add.template operator()<6, H, false>();
    add.template operator()<12, H, true>();
    add.template operator()<12, H, false>();
  };
  (with_heads.template operator()<Heads>(), ...);
  return all;
}

/// The models with one form of attention on a device. The forms are compiled in two parts: forms in one part share
/// their layers, parts are compiled side by side.
struct Part {
  std::vector<ModelChoice<odot::models::MnistImage>> mnist;
  std::vector<ModelChoice<odot::models::LargeMnistImage>> large_mnist;
  std::vector<ModelChoice<odot::models::Cifar10Image>> cifar10;

  template <odot::nn::AttentionForm Form, odot::DeviceType Device, std::size_t... Heads>
  static Part of(const std::string& name) {
    return {choices<odot::models::MnistImage, Form, Device, Heads...>(name),
            choices<odot::models::LargeMnistImage, Form, Device, Heads...>(name),
            choices<odot::models::Cifar10Image, Form, Device, Heads...>(name)};
  }
};

/// The forms that may have several heads: full, and the symmetric one with W_K = W_Q.
template <odot::DeviceType Device>
std::vector<Part> several_heads() {
  using odot::nn::AttentionForm;
  return {Part::of<AttentionForm::full, Device, 1, 4>("full"),
          Part::of<AttentionForm::symmetric, Device, 1, 4>("symmetric")};
}

/// The forms with one matrix in place of W_Q W_Kᵀ, and so with one head: W_qk, T Tᵀ, the minimum.
template <odot::DeviceType Device>
std::vector<Part> one_head() {
  using odot::nn::AttentionForm;
  return {Part::of<AttentionForm::wqk, Device, 1>("wqk"),
          Part::of<AttentionForm::symmetric_tt, Device, 1>("symmetric-tt"),
          Part::of<AttentionForm::wqk_only, Device, 1>("wqk-no-wv-wo")};
}

// Defined in minimal_transformer.<part>.cpp each, those for the GPU in the parts that ODOT_GPU adds.
std::vector<Part> several_heads_on_cpu();
std::vector<Part> one_head_on_cpu();
std::vector<Part> several_heads_on_gpu();
std::vector<Part> one_head_on_gpu();
std::string gpu_description();  ///< throws DeviceError where there is none

}  // namespace minimal
