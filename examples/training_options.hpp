#pragma once
// SPDX-License-Identifier: MIT
// The trainers' options for training: augmentation, label smoothing, early stopping, metrics.

#include "metrics.hpp"
#include "options.hpp"

#include <odot/any_device.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>

namespace trainer {

/// The part of the command line that is about training.
struct TrainingOptions {
  odot::data::AugmentOptions augment = {};
  double mixup = 0;            ///< alpha; 0: nothing is mixed
  double label_smoothing = 0;  //
  std::size_t patience = 0;    ///< epochs without improvement; 0: no early stopping
  bool metrics = false;        ///< print and write a report of the classes at the end

  /// Whether none of these options changes the training.
  bool plain() const {
    const odot::data::AugmentOptions& a = augment;
    return a.flip == 0 && a.rotation == 0 && a.shift == 0 && a.crop == 1 && a.cutout == 0 && mixup == 0 &&
           label_smoothing == 0 && patience == 0;
  }
};

/// "shift=2,flip=0.5,rotation=15,crop=0.8,cutout=8,mixup=0.2,border=reflect"
inline void parse_augmentation(const std::string& text, TrainingOptions& options) {
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    const std::size_t equals = item.find('=');
    const std::string name = item.substr(0, equals), value = equals == std::string::npos ? "" : item.substr(equals + 1),
                      option = "--augment " + name;
    const auto pixels = [&] { return static_cast<std::size_t>(parse(option, value, Range<long long>{0, 1000})); };
    if (name == "shift") options.augment.shift = pixels();
    else if (name == "cutout") options.augment.cutout = pixels();
    else if (name == "flip") options.augment.flip = parse(option, value, Range<double>{0, 1});
    else if (name == "rotation") options.augment.rotation = parse(option, value, Range<double>{0, 180});
    else if (name == "crop") options.augment.crop = parse(option, value, Range<double>{0.01, 1});
    else if (name == "mixup") options.mixup = parse(option, value, Range<double>{0, 1000});
    else if (name == "border" && value == "fill") options.augment.border = odot::data::Border::fill;
    else if (name == "border" && value == "edge") options.augment.border = odot::data::Border::edge;
    else if (name == "border" && value == "reflect") options.augment.border = odot::data::Border::reflect;
    else
      require(false, "--augment",
              "shift=, cutout= (pixels), flip= (probability), rotation= (degrees), crop= (share), mixup= (alpha), "
              "border=fill|edge|reflect, with commas between",
              item);
  }
}

inline void add_training_options(CLI::App& app, TrainingOptions& options) {
  app.add_option_function<std::string>(
         "--augment", [&options](const std::string& text) { parse_augmentation(text, options); },
         "Change the training images: shift=2,flip=0.5,rotation=15,crop=0.8,cutout=8,mixup=0.2,border=reflect, or some "
         "of these")
      ->type_name("LIST");
  add_number(app, "--label-smoothing", options.label_smoothing, Range<double>{0, 1},
             "Share of the label's probability that is spread evenly over all classes");
  app.add_option_function<std::string>(
         "--patience",
         [&options](const std::string& text) {
           options.patience = static_cast<std::size_t>(parse("--patience", text, Range<long long>{0, 1'000'000}));
         },
         "Stop after more than this number of epochs without a lower test loss; 0: never")
      ->type_name("NUMBER")
      ->default_str("0");
  app.add_flag("--metrics", options.metrics, "Report precision, recall, F1, top-5 accuracy and calibration at the end");
}

/// The loss of log-probabilities, with label smoothing if there is any.
struct TrainerLoss {
  double label_smoothing = 0;

  template <class Scalar>
  using target = std::int32_t;
  template <odot::ShapeType Output>
  static constexpr std::size_t targets = 1;
  static constexpr bool of_log_probabilities = true;

  odot::Snapshot describe() const {
    if (label_smoothing == 0) return odot::nn::NegativeLogLikelihood{}.describe();
    return odot::nn::CrossEntropy{.label_smoothing = label_smoothing}.describe();
  }

  void evaluate(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                odot::nn::LossSums* sums) const {
    if (label_smoothing == 0) odot::nn::NegativeLogLikelihood{}.evaluate(workspace, y, labels, scale, dy, sums);
    else odot::nn::CrossEntropy{.label_smoothing = label_smoothing}.evaluate(workspace, y, labels, scale, dy, sums);
  }
};

/// fit with what the options say. `more`: callbacks.
template <class Network, class Optimizer, class Set>
odot::TrainingReport trained(Network& network, Optimizer& optimizer, const odot::data::Split<Set>& data,
                             const TrainingOptions& training, const odot::FitOptions& options, auto&... more) {
  constexpr std::size_t classes = Network::output_shape::size;
  odot::Callback none;
  odot::EarlyStopping stopping({.patience = training.patience});
  odot::Callback& ends = training.patience > 0 ? static_cast<odot::Callback&>(stopping) : none;
  if (training.mixup > 0) {
    const auto mixed = odot::data::mixed<classes>(data.train, {.alpha = training.mixup, .augment = training.augment});
    const odot::nn::SoftCrossEntropy loss{.label_smoothing = training.label_smoothing};
    return odot::fit(network, optimizer, loss, mixed, data.test, options, more..., ends);
  }
  const auto changed = odot::data::augmented(data.train, training.augment);
  return odot::fit(network, optimizer, TrainerLoss{training.label_smoothing}, changed, data.test, options, more...,
                   ends);
}

}  // namespace trainer
