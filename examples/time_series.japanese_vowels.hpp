#pragma once
// SPDX-License-Identifier: MIT
// The task japanese-vowels of the trainer time_series: classification of sequences of unequal lengths.

#include "time_series.hpp"

#include <odot/any_device.hpp>

namespace time_series {

using VowelShape = odot::Shape<29, 12>;
using VowelSplit = odot::data::Split<odot::data::Sequences<VowelShape>>;

inline constexpr Defaults vowel_defaults{.epochs = 48, .batch_size = 32, .learning_rate = 1e-3, .weight_decay = 0};
inline constexpr std::size_t vowel_folds = 5;

inline VowelSplit load_vowels(const std::string& folder) {
  namespace data = odot::data;
  constexpr const char* set = "japanese-vowels";
  if (folder == "synthetic") return data::synthetic_sequences<VowelShape>(odot::Seed{1}, 180, 90);
  return data::load_japanese_vowels(folder.empty() ? data::find(set) : data::find(set, folder));
}

/// A type of its own, which nvcc can spell.
template <class Attention>
struct VowelNetwork : odot::models::VowelClassifier<Attention> {};

/// Trains on all training samples and judges by the test samples; or, to select, holds the seed's fifth of the training
/// samples out and judges by it.
template <class Attention, odot::DeviceType Device>
Figures classify_vowels(const Run& run, const VowelSplit& all) {
  using namespace odot;
  VowelSplit split =
      run.select ? data::hold_out(all.train, vowel_folds, (run.seed.value - 1) % vowel_folds, Seed{1}) : all;
  data::standardise(split);
  Network<VowelNetwork<Attention>, Device> network(run.seed, nn::init::xavier(), run.threads);
  trainer::load_weights(run.files.weights, network);
  trainer::print_summary(run.files, network);
  optim::AdamW adam(run.optimizer);
  trainer::PaperFigures figures(network);
  const TrainingReport report =
      trainer::with_callbacks(figures, run.files, run.quiet, run.fit, [&](const auto& options, auto&... callbacks) {
        return run.select ? fit(network, adam, split.train, split.test, options, callbacks...)
                          : fit(network, adam, split.train, options, callbacks...);
      });
  const nn::LossSums sums = evaluate(network, network.workspace(), split.test);
  write_network(run, network, report, sums.accuracy(), {.class_names = split.train.classes, .lengths = true});
  trainer::report_metrics(network, network.workspace(), split.test, false, *run.files.record);
  return {{"accuracy", sums.accuracy()}, {"loss", sums.mean()}, {"seconds", report.seconds}};
}

template <odot::DeviceType Device>
int run_vowels(const Settings& settings) {
  return with_attention<false>(settings.attention, [&]<class Attention>(std::type_identity<Attention>) {
    const VowelSplit all = load_vowels(settings.data);
    const std::size_t held_out = all.train.size() / vowel_folds;
    const Subject subject{.dataset = all.train.name,
                          .parameters = VowelNetwork<Attention>::parameter_count,
                          .train = all.train.size() - (settings.select ? held_out : 0),
                          .judged = settings.select ? held_out : all.test.size()};
    return run_seeds(settings, vowel_defaults, subject,
                     [&](const Run& run) { return classify_vowels<Attention, Device>(run, all); });
  });
}

}  // namespace time_series
