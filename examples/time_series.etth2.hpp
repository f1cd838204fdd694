#pragma once
// SPDX-License-Identifier: MIT
// The tasks etth2-6 and etth2-12 of the trainer time_series: the next hours of all seven variables from the last six.

#include "time_series.hpp"

#include <odot/any_device.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace time_series {

inline constexpr Defaults etth2_defaults{.epochs = 10, .batch_size = 64, .learning_rate = 1e-3, .weight_decay = 0};
inline constexpr std::size_t etth2_input = 6, etth2_variables = 7;  // hours; the last variable is the oil temperature

template <std::size_t Horizon>
using Etth2 = odot::data::Forecasting<etth2_input, Horizon, etth2_variables>;

template <std::size_t Horizon>
Etth2<Horizon> load_etth2(const std::string& folder) {
  namespace data = odot::data;
  if (folder == "synthetic")
    return data::forecasting<etth2_input, Horizon, etth2_variables>(
        data::synthetic_series(odot::Seed{1}, 1000, etth2_variables), {600, 200, 200}, "synthetic", true);
  return data::load_etth2<etth2_input, Horizon>(folder.empty() ? data::find("ett") : data::find("ett", folder));
}

/// What the errors of the columns come to: over all variables, standardised and in their units, and of the oil
/// temperature alone, in °C.
inline Figures figures_of(std::span<const odot::ForecastError> columns, std::span<const double> units) {
  const odot::ForecastError standardised = odot::mean_error(columns), original = odot::mean_error(columns, units);
  const odot::ForecastError oil = odot::mean_error(columns.last(1), units.last(1));
  return {{"mae", standardised.absolute},     {"rmse", standardised.root()}, {"mae_original", original.absolute},
          {"rmse_original", original.root()}, {"mae_ot", oil.absolute},      {"rmse_ot", oil.root()}};
}

/// The windows with the largest errors of the oil temperature, as curves of it in °C: relative to the window's last step,
/// or with its mean where the windows are levels.
template <odot::ShapeType S, odot::ShapeType T>
void add_worst_forecasts(trainer::RunRecord& record, const std::vector<float>& forecasts,
                         const odot::data::Windows<S, T>& set, double mean, double deviation) {
  if (!record.active()) return;
  constexpr std::size_t columns = T::extents[1], horizon = T::extents[0], known = S::extents[0];
  std::vector<trainer::WorstSeries> all;
  for (std::size_t n = 0; n < set.size(); ++n) {
    double error = 0;
    for (std::size_t t = 0; t < horizon; ++t) {
      const std::size_t i = n * T::size + t * columns + columns - 1;
      const double off = deviation * (static_cast<double>(forecasts[i]) - static_cast<double>(set.targets[i]));
      error += off * off / horizon;
    }
    all.push_back({n, error});
  }
  trainer::keep_worst(all);
  for (trainer::WorstSeries& worst : all) {
    const auto degrees = [&](float value) { return mean + deviation * static_cast<double>(value); };
    for (std::size_t t = 0; t < known; ++t)
      worst.known.push_back(degrees(set.sample(worst.number)[t * columns + columns - 1]));
    for (std::size_t t = 0; t < horizon; ++t) {
      const std::size_t i = worst.number * T::size + t * columns + columns - 1;
      worst.came.push_back(degrees(set.targets[i]));
      worst.forecast.push_back(degrees(forecasts[i]));
    }
  }
  trainer::add_worst_series(record, all,
                            mean == 0 ? "oil temperature less its last known value, °C" : "oil temperature, °C");
}

/// A type of its own, which nvcc can spell.
template <class Attention, std::size_t Horizon>
struct EtthForecaster : odot::models::Forecaster<Attention, Horizon> {};

/// Trains on the training part, keeps the epoch that is best on the validation part, and judges by `judge`.
template <class Attention, std::size_t Horizon, odot::DeviceType Device>
Figures forecast(const Run& run, const Etth2<Horizon>& data, const typename Etth2<Horizon>::set& judge) {
  odot::Network<EtthForecaster<Attention, Horizon>, Device> network(run.seed, odot::nn::init::xavier(), run.threads);
  trainer::load_weights(run.files.weights, network);
  trainer::print_summary(run.files, network);
  odot::optim::AdamW adam(run.optimizer);
  odot::KeepBest best(network);
  trainer::PaperFigures figures(network);
  const odot::TrainingReport report =
      trainer::with_callbacks(figures, run.files, run.quiet, run.fit, [&](const auto& options, auto&... callbacks) {
        return odot::fit<odot::nn::MeanSquaredError>(network, adam, data.train, data.validation, options, callbacks...,
                                                     best);
      });
  if (run.files.record->active()) {
    Run last = run;  // --save and --onnx take the best
    last.files.save.clear();
    last.files.onnx.clear();
    write_network(last, network, report, report.accuracy);
  }
  best.restore();
  write_network(run, network, report, report.accuracy, {}, "best.safetensors");
  const std::vector<float> forecasts = odot::forecasts(network, network.workspace(), judge);
  add_worst_forecasts(*run.files.record, forecasts, judge, run.levels ? data.scale.mean.back() : 0,
                      data.scale.deviation.back());
  Figures errors = figures_of(odot::column_errors(std::span<const float>(forecasts), judge), data.scale.deviation);
  errors.emplace_back("best_epoch", static_cast<double>(best.epoch()));
  errors.emplace_back("seconds", report.seconds);
  return errors;
}

template <std::size_t Horizon, odot::DeviceType Device>
int run_etth2(const Settings& settings) {
  return with_attention<true>(settings.attention, [&]<class Attention>(std::type_identity<Attention>) {
    auto data = load_etth2<Horizon>(settings.data);
    if (!settings.levels) odot::data::make_relative(data);
    const auto& judge = settings.select ? data.validation : data.test;
    const std::vector<float> repeated = odot::last_step_repeated(judge);
    const Subject subject{
        .dataset = data.train.name,
        .parameters = odot::models::Forecaster<Attention, Horizon>::parameter_count,
        .train = data.train.size(),
        .judged = judge.size(),
        .baseline = figures_of(odot::column_errors(std::span<const float>(repeated), judge), data.scale.deviation)};
    return run_seeds(settings, etth2_defaults, subject,
                     [&](const Run& run) { return forecast<Attention, Horizon, Device>(run, data, judge); });
  });
}

}  // namespace time_series
