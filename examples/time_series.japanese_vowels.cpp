// SPDX-License-Identifier: MIT
// The task japanese-vowels of the trainer time_series: classification of sequences of unequal lengths.

#include "time_series.hpp"

#include <odot/odot.hpp>

using namespace odot;

namespace {

using Shape = odot::Shape<29, 12>;
using Split = data::SequenceSplit<Shape>;

constexpr time_series::Defaults defaults{.epochs = 48, .batch_size = 32, .learning_rate = 1e-3, .weight_decay = 0};
constexpr std::size_t folds = 5;

Split load(const std::string& folder) {
  constexpr const char* set = "japanese-vowels";
  if (folder == "synthetic") return data::synthetic_sequences<Shape>(Seed{1}, 180, 90);
  return data::load_japanese_vowels(folder.empty() ? data::find(set) : data::find(set, folder));
}

/// Trains on all training samples and judges by the test samples; or, to select, holds the seed's fifth of the training
/// samples out and judges by it.
template <class Attention>
time_series::Figures run_one(const time_series::Run& run, const Split& all) {
  using Model = models::VowelClassifier<Attention>;
  Split split = run.select ? data::hold_out(all.train, folds, (run.seed.value - 1) % folds, Seed{1}) : all;
  data::standardise(split);
  Network<Model> network(run.seed, nn::init::xavier(), run.threads);
  optim::AdamW adam(run.optimizer);
  const TrainingReport report = trainer::with_callbacks(run.quiet, run.out, [&](auto&... callbacks) {
    return run.select ? fit(network, adam, split.train, split.test, run.fit, callbacks...)
                      : fit(network, adam, split.train, run.fit, callbacks...);
  });
  const nn::LossSums sums = evaluate(network, network.workspace(), split.test);
  const auto samples = static_cast<double>(sums.samples);
  return {{"accuracy", 100 * static_cast<double>(sums.correct) / samples},
          {"loss", sums.loss / samples},
          {"seconds", report.seconds}};
}

}  // namespace

int time_series::run_japanese_vowels(const Settings& settings) {
  return with_attention<false>(settings.attention, [&]<class Attention>(std::type_identity<Attention>) {
    const Split all = load(settings.data);
    const Subject subject{.dataset = all.train.name,
                          .parameters = models::VowelClassifier<Attention>::parameter_count,
                          .train = all.train.size() - (settings.select ? all.train.size() / folds : 0),
                          .judged = settings.select ? all.train.size() / folds : all.test.size()};
    return run_seeds(settings, defaults, subject, [&](const Run& run) { return run_one<Attention>(run, all); });
  });
}
