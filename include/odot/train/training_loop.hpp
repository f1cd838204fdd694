#pragma once
// SPDX-License-Identifier: MIT
// TrainingLoop: what fit does whatever the model, so that it is compiled once for all of them.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/kernels/summary.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/optim/schedule.hpp"
#include "odot/train/events.hpp"
#include "odot/train/step_graph.hpp"

namespace odot {

/// A gradient whose mean is reported after every batch: the first `elements` of a named parameter (0: all of it).
struct Watch {
  std::string parameter;
  std::size_t elements = 0;
};

struct FitOptions {
  std::size_t epochs = 10;
  std::size_t batch_size = 128;             ///< samples; the last batch of an epoch may be smaller
  Seed seed{1};                             ///< of the order of the samples
  optim::schedule::Schedule schedule = {};  ///< factor on the learning rate by step; none: constant
  Watch watch = Watch();                    ///< none: the first parameter, whole (of {} GCC 12 warns)
  std::function<bool()> should_stop = {};   ///< asked after every batch; true ends the training there
  std::string test_name = "test";           ///< what the second set is, to be shown: "validation"
};

namespace detail {

/// The state of one run of fit. On the Cpu each batch's results are looked at before the step that follows from them;
/// on a GPU the host runs ahead, and they come back at the end of an epoch, or after a quarter of a second.
template <DeviceType Device, class Scalar>
class TrainingLoop {
 public:
  ODOT_COLD TrainingReport run(const TrainingPlan& plan);

 protected:
  /// `labelled`: the targets are labels, so there are accuracies.
  TrainingLoop(NetworkState<Device, Scalar>& network, const FitOptions& options, std::span<Callback* const> callbacks,
               bool labelled)
      : network_(network), options_(options), callbacks_(callbacks), labelled_(labelled), watched_(watched_gradient()) {
  }
  ~TrainingLoop() = default;

  // What the model, the loss, the sets and the optimizer decide.
  virtual void shuffle(Seed seed, std::uint64_t epoch) = 0;
  virtual void backpropagate(std::size_t batch, nn::LossSums* sums) = 0;  ///< sums: memory of the device
  virtual void update(double factor) = 0;                                 ///< of the weights, along the gradient
  virtual Scalar largest_gradient() = 0;                                  ///< elements that the optimizer accepts
  virtual nn::LossSums test_sums() = 0;                                   ///< asked where there is a test set
  virtual void explain_loss(std::size_t batch) = 0;  ///< throws where the loss of a batch first was not finite

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr bool immediate = std::is_same_v<Device, Cpu>;
  static constexpr double longest_silence = 0.25;  // seconds
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  /// What a batch leaves on the device.
  struct Result {
    nn::LossSums sums;
    kernels::GradientSummary gradient;
  };

  /// An epoch's running totals.
  struct Epoch {
    EpochEvent event;
    nn::LossSums sums;
    std::size_t told = 0;  ///< batches whose results have come back
  };

  void epoch(std::size_t number);

  /// Batch b forward, backward and along the gradient.
  void step(Epoch& now, std::size_t b);

  void update(const Epoch& now, std::size_t b);

  /// Tells of the batches up to `done` whose results are still on the device.
  void tell_results(Epoch& now, std::size_t done);

  ODOT_COLD void tell_result(Epoch& now, std::size_t b, const Result& result);

  /// What isn't finite; empty where all is.
  ODOT_COLD static std::string trouble(const Result& result);

  ODOT_COLD static std::string place(const Epoch& now, std::size_t b);

  /// Throws what the network finds out about it before its weights change.
  ODOT_COLD void explain(const Epoch& now, std::size_t b, const std::string& found);

  ODOT_COLD void evaluate_test();

  ODOT_COLD std::span<const Scalar> watched_gradient();

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
  double percent(const nn::LossSums& sums) const {
    if (!labelled_) return none;
    return 100.0 * static_cast<double>(sums.correct) / static_cast<double>(sums.samples);
  }

  template <class Event>
  void tell(void (Callback::*what)(const Event&), const Event& event) {
    for (Callback* callback : callbacks_) (callback->*what)(event);
  }

  NetworkState<Device, Scalar>& network_;
  const FitOptions& options_;
  std::span<Callback* const> callbacks_;
  bool labelled_;
  std::span<const Scalar> watched_;  // memory of the device
  Buffer<Result, Device> results_;   // of an epoch's batches
  std::vector<Result> pending_;
  StepGraph<Device> graph_;
  TrainingPlan plan_;
  TrainingReport report_;
  std::size_t step_ = 0;
};

template <DeviceType Device, class Scalar>
TrainingReport TrainingLoop<Device, Scalar>::run(const TrainingPlan& plan) {
  plan_ = plan;
  results_ = Buffer<Result, Device>(plan.batches);
  pending_.resize(plan.batches);
  tell(&Callback::on_begin, plan_);
  try {
    while (report_.epochs.size() < options_.epochs && !report_.interrupted) epoch(report_.epochs.size() + 1);
  } catch (const NonFiniteError&) {
    report_.interrupted = true;
    tell(&Callback::on_end, report_);  // so that logs show how it went
    throw;
  }
  if (report_.epochs.empty() || report_.interrupted) evaluate_test();
  tell(&Callback::on_end, report_);
  return std::move(report_);
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::epoch(std::size_t number) {
  Epoch now;
  now.event.epoch = number;
  shuffle(options_.seed, number);
  results_.zero();
  const double seconds_before = report_.seconds;
  auto last_news = Clock::now();
  std::size_t done = 0;
  while (done < plan_.batches && !report_.interrupted) {
    step(now, done);
    ++done;
    const bool last = done == plan_.batches;
    if (std::chrono::duration<double>(Clock::now() - last_news).count() > longest_silence || last) {
      tell_results(now, done);
      last_news = Clock::now();
    }
    report_.interrupted = !(last && number == options_.epochs) && options_.should_stop && options_.should_stop();
  }
  tell_results(now, done);
  const bool whole = done == plan_.batches;
  if (whole || report_.epochs.empty()) report_.loss = now.event.loss;
  if (!whole) return;
  EpochEvent& event = now.event;
  event.mean_loss = now.sums.loss / static_cast<double>(now.sums.samples);
  event.train_accuracy = percent(now.sums);
  event.seconds = report_.seconds - seconds_before;
  event.samples_per_second = static_cast<double>(now.sums.samples) / event.seconds;
  evaluate_test();
  event.test_loss = report_.test_loss;
  event.test_accuracy = report_.accuracy;
  report_.epochs.push_back(event);
  tell(&Callback::on_epoch, event);
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::step(Epoch& now, std::size_t b) {
  const auto start = Clock::now();
  const std::size_t samples = (std::min)(plan_.batch_size, plan_.samples - b * plan_.batch_size);
  graph_.run(samples, [&] {
    Result* result = results_.data() + b;
    backpropagate(b, &result->sums);
    const std::span<const Scalar> gradients = network_.gradients();
    kernels::Summary<Device>::evaluate(network_.workspace(), watched_, gradients, largest_gradient(),
                                       &result->gradient);
    if constexpr (immediate) {
      if (const std::string found = trouble(*result); !found.empty()) explain(now, b, found);
    }
    update(now, b);
  });
  ++step_;
  report_.seconds += seconds_since(start);
  if constexpr (immediate) tell_results(now, b + 1);
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::update(const Epoch& now, std::size_t b) {
  try {
    update(options_.schedule ? options_.schedule(step_) : 1.0);
  } catch (const NonFiniteError& error) {
    throw NonFiniteError(place(now, b) + error.what());
  }
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::tell_results(Epoch& now, std::size_t done) {
  if (now.told == done) return;
  const auto start = Clock::now();
  const std::size_t first = now.told, count = done - first;
  Device::copy_to_host(pending_.data() + first, results_.data() + first, count * sizeof(Result));
  report_.seconds += seconds_since(start);
  for (std::size_t b = first; b < done; ++b) tell_result(now, b, pending_[b]);
  now.told = done;
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::tell_result(Epoch& now, std::size_t b, const Result& result) {
  const nn::LossSums& sums = result.sums;
  if (const std::string found = trouble(result); !found.empty())
    throw NonFiniteError(place(now, b) + found + "; lower the learning rate, or check the input data");
  now.sums.loss += sums.loss;
  now.sums.correct += sums.correct;
  now.sums.samples += sums.samples;
  const BatchEvent event{
      .epoch = now.event.epoch,
      .batch = b + 1,
      .step = (now.event.epoch - 1) * plan_.batches + b + 1,
      .samples = static_cast<std::size_t>(sums.samples),
      .loss = sums.loss / static_cast<double>(sums.samples),
      .gradient_average = watched_.empty() ? 0.0 : result.gradient.sum / static_cast<double>(watched_.size()),
      .accuracy = percent(sums)};
  now.event.loss += event.loss;
  report_.gradient_average = now.event.gradient_average = event.gradient_average;
  tell(&Callback::on_batch, event);
}

template <DeviceType Device, class Scalar>
std::string TrainingLoop<Device, Scalar>::trouble(const Result& result) {
  if (!std::isfinite(result.sums.loss)) return "the loss is not finite";
  if (result.gradient.beyond > 0)
    return "the gradient is not finite, or too large for the optimizer, in " + std::to_string(result.gradient.beyond) +
           " elements";
  return {};
}

template <DeviceType Device, class Scalar>
std::string TrainingLoop<Device, Scalar>::place(const Epoch& now, std::size_t b) {
  return "epoch " + std::to_string(now.event.epoch) + ", batch " + std::to_string(b + 1) + ": ";
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::explain(const Epoch& now, std::size_t b, const std::string& found) {
  try {
    if (found.starts_with("the loss")) explain_loss(b);
    network_.check_gradients_finite();
  } catch (const NonFiniteError& error) {
    throw NonFiniteError(place(now, b) + error.what());
  }
}

template <DeviceType Device, class Scalar>
void TrainingLoop<Device, Scalar>::evaluate_test() {
  report_.test_loss = report_.accuracy = none;
  if (plan_.test_samples == 0) return;
  const nn::LossSums sums = test_sums();
  report_.test_loss = sums.loss / static_cast<double>(sums.samples);
  report_.accuracy = percent(sums);
}

template <DeviceType Device, class Scalar>
std::span<const Scalar> TrainingLoop<Device, Scalar>::watched_gradient() {
  if (network_.parameter_table().empty()) return {};
  const std::string& name =
      options_.watch.parameter.empty() ? network_.parameter_table().at(0).name : options_.watch.parameter;
  const std::span<const Scalar> gradient = network_.gradient(name);
  if (options_.watch.elements > gradient.size())
    throw ArgumentError("odot::fit: watch asks for " + std::to_string(options_.watch.elements) + " elements of " +
                        name + ", which has " + std::to_string(gradient.size()));
  return options_.watch.elements ? gradient.first(options_.watch.elements) : gradient;
}

#if ODOT_HAS_LIBRARY
ODOT_INSTANTIATION template class TrainingLoop<Cpu, float>;
ODOT_INSTANTIATION template class TrainingLoop<Cpu, double>;
#endif

}  // namespace detail

}  // namespace odot
