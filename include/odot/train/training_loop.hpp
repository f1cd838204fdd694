#pragma once
// SPDX-License-Identifier: MIT
// TrainingLoop: epochs, events and the report; compiled once for all trainings.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/nn/loss_contract.hpp"
#include "odot/nn/non_finite.hpp"
#include "odot/train/callback_states.hpp"
#include "odot/train/fit_options.hpp"
#include "odot/train/kept_options.hpp"
#include "odot/train/place.hpp"
#include "odot/train/steps.hpp"

namespace odot {

namespace detail {

/// One run of fit. If the results of a step are there at once, callbacks get them before the next step. If the host is
/// ahead of the device, results are fetched at the end of an epoch, or after a quarter of a second.
class TrainingLoop {
 public:
  TrainingLoop(Steps& steps, const FitOptions& options, std::span<Callback* const> callbacks)
      : steps_(steps), options_(options), callbacks_(callbacks) {}

  ODOT_COLD ODOT_FUNCTION TrainingReport run(const TrainingPlan& plan);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double longest_silence = 0.25;  // seconds

  /// A position as callbacks get it.
  class Position;

  /// The options that a training resumed after this many steps must have, as facts. Those of a step beyond its end have no
  /// factor of the schedule, which may be a table that ends there.
  ODOT_COLD ODOT_FUNCTION Snapshot options_until(std::size_t step) const;

  /// Takes over network, optimizer and place. The callbacks' states are restored after on_begin.
  ODOT_COLD ODOT_FUNCTION void resume(const Snapshot& kept);

  /// The rest of an epoch. False where it was interrupted before its last batch.
  ODOT_FUNCTION bool epoch();

  /// Takes step number `b` of the epoch, counted from 0. Returns whether a callback wants a position after it.
  ODOT_FUNCTION bool step(std::size_t b);

  /// Tells the callbacks about the epoch's batches up to `done` that they do not know yet.
  ODOT_FUNCTION void tell_results(std::size_t done);

  ODOT_COLD ODOT_FUNCTION void tell_result(const StepResult& result);

  ODOT_COLD ODOT_FUNCTION void end_epoch();

  ODOT_COLD ODOT_FUNCTION void evaluate_test();

  ODOT_FUNCTION void tell_position();

  /// Whether a callback wants no further epoch.
  bool wanted_stop() const {
    return std::any_of(callbacks_.begin(), callbacks_.end(), [](const Callback* c) { return c->wants_stop(); });
  }

  std::size_t epoch_number() const { return place_.report.epochs.size() + 1; }

  ODOT_COLD static std::string where(std::size_t epoch, std::size_t batch) {
    return "epoch " + std::to_string(epoch) + ", batch " + std::to_string(batch) + ": ";
  }

  void add_seconds(double seconds) {
    place_.report.seconds += seconds;
    place_.epoch_seconds += seconds;
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
  Place place_;  // as far as callbacks know
};

#if ODOT_DEFINITIONS

class TrainingLoop::Position final : public TrainingPosition {
 public:
  explicit Position(const TrainingLoop& loop) : loop_(loop) {
    const Place& place = loop.place_;
    step = place.steps(loop.plan_);
    epochs = place.report.epochs.size();
    batch = place.batch;
    last = place.report.interrupted || epochs >= loop.options_.epochs || loop.wanted_stop();
  }

  Snapshot snapshot() const override {
    Snapshot kept = loop_.steps_.snapshot();
    add_place(loop_.place_, loop_.plan_, loop_.options_.seed, kept);
    kept.merge(loop_.options_until(step), options_prefix);
    add_states(loop_.callbacks_, kept);
    return kept;
  }

 private:
  const TrainingLoop& loop_;
};

TrainingReport TrainingLoop::run(const TrainingPlan& plan) {
  plan_ = plan;
  plan_.can_be_kept = steps_.can_be_kept();
  results_.resize(plan.batches);
  if (options_.resume) resume(*options_.resume);
  tell(&Callback::on_begin, plan_);
  if (options_.resume) restore_states(callbacks_, *options_.resume);
  TrainingReport& report = place_.report;
  bool whole = false;  // whether the last epoch was complete; the test set was evaluated at its end then
  try {
    while (report.epochs.size() < options_.epochs && !report.interrupted && !report.stopped_early) {
      report.stopped_early = wanted_stop();
      if (!report.stopped_early) whole = epoch();
    }
  } catch (const NonFiniteError&) {
    report.interrupted = true;
    tell(&Callback::on_end, report);  // so that logs show how it went
    throw;
  }
  if (!whole) evaluate_test();
  tell(&Callback::on_end, report);
  return std::move(report);
}

Snapshot TrainingLoop::options_until(std::size_t step) const {
  Snapshot all = steps_.options();
  if (step > 0 && (step - 1) / plan_.batches < plan_.epochs)
    all.set_fact(std::string(last_factor), options_.schedule ? options_.schedule(step - 1) : 1.0);
  return all;
}

void TrainingLoop::resume(const Snapshot& kept) {
  const Snapshot options = options_until(steps_in(kept, plan_));
  require_same_training(kept, plan_, options_.seed, options_.resume_with_other_options ? nullptr : &options);
  Place place = place_in(kept, plan_);
  steps_.restore(kept);
  place_ = std::move(place);
  plan_.steps_before = place_.steps(plan_);
}

bool TrainingLoop::epoch() {
  const std::size_t number = epoch_number();
  bool& interrupted = place_.report.interrupted;
  steps_.begin_epoch(options_.seed, number);
  auto last_news = Clock::now();
  std::size_t done = place_.batch;
  while (done < plan_.batches && !interrupted) {
    const bool wanted = step(done);
    ++done;
    const bool last = done == plan_.batches, news = steps_.immediate || wanted || last;
    if (news || seconds_since(last_news) > longest_silence) {
      tell_results(done);
      last_news = Clock::now();
    }
    interrupted = !(last && number == options_.epochs) && options_.should_stop && options_.should_stop();
    if (interrupted) tell_results(done);
    if (!last && place_.batch == done) tell_position();
  }
  if (done < plan_.batches) return false;
  end_epoch();
  tell_position();
  return true;
}

bool TrainingLoop::step(std::size_t b) {
  const auto start = Clock::now();
  const std::size_t steps_before = (epoch_number() - 1) * plan_.batches + b;
  const StepEvent at{.epoch = epoch_number(),
                     .batch = b + 1,
                     .step = steps_before + 1,
                     .samples = (std::min)(plan_.batch_size, plan_.samples - b * plan_.batch_size)};
  try {
    steps_.run(at, options_.schedule ? options_.schedule(steps_before) : 1.0);
  } catch (const NonFiniteError& error) {
    throw NonFiniteError(where(at.epoch, at.batch) + error.what());
  }
  add_seconds(seconds_since(start));
  bool wanted = false;
  for (Callback* callback : callbacks_) wanted = callback->wants_position(at) || wanted;
  return wanted;
}

void TrainingLoop::tell_results(std::size_t done) {
  if (place_.batch == done) return;
  const auto start = Clock::now();
  const std::span<StepResult> results = std::span(results_).first(done).subspan(place_.batch);
  steps_.fetch(place_.batch, results);
  add_seconds(seconds_since(start));
  for (const StepResult& result : results) tell_result(result);
}

void TrainingLoop::tell_result(const StepResult& result) {
  const nn::LossSums& sums = result.sums;
  const std::size_t number = epoch_number(), batch = ++place_.batch;
  if (const nn::NonFiniteFinding found = result.non_finite()) throw nn::error_of(found, where(number, batch));
  place_.sums += sums;
  tell(&Callback::on_batch, BatchEvent{.epoch = number,
                                       .batch = batch,
                                       .step = place_.steps(plan_),
                                       .samples = static_cast<std::size_t>(sums.samples),
                                       .loss = sums.mean(),
                                       .accuracy = sums.accuracy()});
}

void TrainingLoop::end_epoch() {
  evaluate_test();
  TrainingReport& report = place_.report;
  report.epochs.push_back({.epoch = epoch_number(),
                           .mean_loss = place_.sums.mean(),
                           .train_accuracy = place_.sums.accuracy(),
                           .test_loss = report.test_loss,
                           .test_accuracy = report.accuracy,
                           .seconds = place_.epoch_seconds,
                           .samples_per_second = static_cast<double>(place_.sums.samples) / place_.epoch_seconds});
  place_.batch = 0;
  place_.sums = {};
  place_.epoch_seconds = 0;
  tell(&Callback::on_epoch, report.epochs.back());
}

void TrainingLoop::evaluate_test() {
  nn::LossSums sums;
  if (plan_.test_samples > 0) {
    std::size_t told = 0;  // callbacks that must undo their changes, the last one first, also after an error
    const auto undo = [&] {
      while (told > 0) callbacks_[--told]->after_evaluation();
    };
    try {
      for (; told < callbacks_.size(); ++told) callbacks_[told]->before_evaluation();
      sums = steps_.evaluate();
    } catch (...) {
      undo();
      throw;
    }
    undo();
  }
  place_.report.test_loss = sums.mean();
  place_.report.accuracy = sums.accuracy();
}

void TrainingLoop::tell_position() {
  const Position position(*this);
  for (Callback* callback : callbacks_) callback->on_position(position);
}

#endif

}  // namespace detail

}  // namespace odot
