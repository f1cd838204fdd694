#pragma once
// SPDX-License-Identifier: MIT
// TrainingLoop: epochs, what callbacks are told, and the report; compiled once for all trainings.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/nn/loss_contract.hpp"
#include "odot/nn/non_finite.hpp"
#include "odot/optim/schedule.hpp"
#include "odot/train/events.hpp"
#include "odot/train/steps.hpp"

namespace odot {

struct FitOptions {
  std::size_t epochs = 10;
  std::size_t batch_size = 128;             ///< in samples; the last batch of an epoch may be smaller
  Seed seed{1};                             ///< for the order of the samples
  optim::schedule::Schedule schedule = {};  ///< factor on the learning rate by step; empty: constant
  std::function<bool()> should_stop = {};   ///< called after every batch; true ends the training there
  std::string test_name = "test";           ///< what to call the second set in output, such as "validation"
};

namespace detail {

/// One run of fit. If a batch's result is there at once, it is looked at before the next step. If the host is ahead of
/// the device, results are fetched at the end of an epoch, or after a quarter of a second.
class TrainingLoop {
 public:
  TrainingLoop(Steps& steps, const FitOptions& options, std::span<Callback* const> callbacks)
      : steps_(steps), options_(options), callbacks_(callbacks) {}

  ODOT_COLD ODOT_FUNCTION TrainingReport run(const TrainingPlan& plan);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double longest_silence = 0.25;  // seconds

  /// An epoch so far.
  struct Epoch {
    std::size_t number = 0;  ///< from 1
    nn::LossSums sums;       ///< of the batches that callbacks know of
    std::size_t told = 0;    ///< batches that callbacks know of
  };

  /// False where it was interrupted before its last batch.
  ODOT_FUNCTION bool epoch(std::size_t number);

  ODOT_FUNCTION void step(const Epoch& now, std::size_t b);

  /// Tells the callbacks of the batches up to `done` that they do not know of yet.
  ODOT_FUNCTION void tell_results(Epoch& now, std::size_t done);

  ODOT_COLD ODOT_FUNCTION void tell_result(Epoch& now, const StepResult& result);

  ODOT_COLD ODOT_FUNCTION void end_epoch(const Epoch& now, double seconds);

  ODOT_COLD ODOT_FUNCTION void evaluate_test();

  ODOT_COLD static std::string place(std::size_t epoch, std::size_t batch) {
    return "epoch " + std::to_string(epoch) + ", batch " + std::to_string(batch) + ": ";
  }

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  template <class Event>
  void tell(void (Callback::*what)(const Event&), const Event& event) {
    for (Callback* callback : callbacks_) (callback->*what)(event);
  }

  Steps& steps_;
  const FitOptions& options_;
  std::span<Callback* const> callbacks_;
  std::vector<StepResult> results_;  // of an epoch's batches
  TrainingPlan plan_;
  TrainingReport report_;
  std::size_t steps_done_ = 0;
};

#if ODOT_DEFINITIONS

TrainingReport TrainingLoop::run(const TrainingPlan& plan) {
  plan_ = plan;
  results_.resize(plan.batches);
  tell(&Callback::on_begin, plan_);
  bool whole = false;  // whether the last epoch was, at whose end the test set has been evaluated
  try {
    while (report_.epochs.size() < options_.epochs && !report_.interrupted) whole = epoch(report_.epochs.size() + 1);
  } catch (const NonFiniteError&) {
    report_.interrupted = true;
    tell(&Callback::on_end, report_);  // so that logs show how it went
    throw;
  }
  if (!whole) evaluate_test();
  tell(&Callback::on_end, report_);
  return std::move(report_);
}

bool TrainingLoop::epoch(std::size_t number) {
  Epoch now;
  now.number = number;
  steps_.begin_epoch(options_.seed, number);
  const double seconds_before = report_.seconds;
  auto last_news = Clock::now();
  std::size_t done = 0;
  while (done < plan_.batches && !report_.interrupted) {
    step(now, done);
    ++done;
    const bool last = done == plan_.batches;
    if (steps_.immediate || last || seconds_since(last_news) > longest_silence) {
      tell_results(now, done);
      last_news = Clock::now();
    }
    report_.interrupted = !(last && number == options_.epochs) && options_.should_stop && options_.should_stop();
  }
  tell_results(now, done);
  const bool whole = done == plan_.batches;
  if (whole) end_epoch(now, report_.seconds - seconds_before);
  return whole;
}

void TrainingLoop::step(const Epoch& now, std::size_t b) {
  const auto start = Clock::now();
  const StepEvent at{.epoch = now.number,
                     .batch = b + 1,
                     .step = steps_done_ + 1,
                     .samples = (std::min)(plan_.batch_size, plan_.samples - b * plan_.batch_size)};
  try {
    steps_.run(at, options_.schedule ? options_.schedule(steps_done_) : 1.0);
  } catch (const NonFiniteError& error) {
    throw NonFiniteError(place(at.epoch, at.batch) + error.what());
  }
  ++steps_done_;
  report_.seconds += seconds_since(start);
}

void TrainingLoop::tell_results(Epoch& now, std::size_t done) {
  if (now.told == done) return;
  const auto start = Clock::now();
  const std::span<StepResult> results = std::span(results_).first(done).subspan(now.told);
  steps_.fetch(now.told, results);
  report_.seconds += seconds_since(start);
  for (const StepResult& result : results) tell_result(now, result);
}

void TrainingLoop::tell_result(Epoch& now, const StepResult& result) {
  const nn::LossSums& sums = result.sums;
  const std::size_t batch = ++now.told;
  if (const nn::NonFiniteFinding found = result.non_finite()) throw nn::error_of(found, place(now.number, batch));
  now.sums += sums;
  tell(&Callback::on_batch, BatchEvent{.epoch = now.number,
                                       .batch = batch,
                                       .step = (now.number - 1) * plan_.batches + batch,
                                       .samples = static_cast<std::size_t>(sums.samples),
                                       .loss = sums.mean(),
                                       .accuracy = sums.accuracy()});
}

void TrainingLoop::end_epoch(const Epoch& now, double seconds) {
  evaluate_test();
  report_.epochs.push_back({.epoch = now.number,
                            .mean_loss = now.sums.mean(),
                            .train_accuracy = now.sums.accuracy(),
                            .test_loss = report_.test_loss,
                            .test_accuracy = report_.accuracy,
                            .seconds = seconds,
                            .samples_per_second = static_cast<double>(now.sums.samples) / seconds});
  tell(&Callback::on_epoch, report_.epochs.back());
}

void TrainingLoop::evaluate_test() {
  const nn::LossSums sums = plan_.test_samples > 0 ? steps_.evaluate() : nn::LossSums();
  report_.test_loss = sums.mean();
  report_.accuracy = sums.accuracy();
}

#endif

}  // namespace detail

}  // namespace odot
