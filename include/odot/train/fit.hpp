#pragma once
// SPDX-License-Identifier: MIT
// fit: the training loop.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/data/loader.hpp"
#include "odot/kernels/summary/summary.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/schedule.hpp"
#include "odot/train/evaluate.hpp"
#include "odot/train/events.hpp"

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
  Watch watch = {};                         ///< none: the first parameter, whole
  std::function<bool()> should_stop = {};   ///< asked after every batch; true ends the training there
  std::string test_name = "test";           ///< what the second set is, to be shown: "validation"
};

namespace detail {

/// The state of one run of fit. On the Cpu each batch's results are looked at before the step that follows from them;
/// on a GPU the host runs ahead, and they come back at the end of an epoch, or after a quarter of a second.
template <class Loss, class Network, class Optimizer, class TrainSet, class TestSet = TrainSet>
class Trainer {
 public:
  using Scalar = typename Network::scalar;
  using Device = typename Network::device;

  /// `test`: null where there is none.
  Trainer(Network& network, Optimizer& optimizer, const TrainSet& train, const TestSet* test, const FitOptions& options,
          std::span<Callback* const> callbacks)
      : network_(network), optimizer_(optimizer), options_(options), callbacks_(callbacks),
        batches_(checked(train, "the training set"), options.batch_size), watched_(watched_gradient()),
        results_(batches_.count()), pending_(batches_.count()) {
    if (test)
      test_.emplace(checked(*test, "the test set"), std::min<std::size_t>(test->size(), 4 * Device::piece_samples));
    plan_ = {options.epochs,          batches_.count(),   train.size(),
             test ? test->size() : 0, options.batch_size, options.test_name};
  }

  TrainingReport run() {
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

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr bool immediate = std::is_same_v<Device, Cpu>;
  static constexpr double longest_silence = 0.25;  // seconds
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  static constexpr bool labelled = std::is_same_v<typename Loss::template target<Scalar>, std::int32_t>;

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

  void epoch(std::size_t number) {
    Epoch now;
    now.event.epoch = number;
    batches_.shuffle(options_.seed, number);
    results_.zero();
    const double seconds_before = report_.seconds;
    auto last_news = Clock::now();
    std::size_t done = 0;
    while (done < batches_.count() && !report_.interrupted) {
      step(now, done);
      ++done;
      const bool last = done == batches_.count();
      if (std::chrono::duration<double>(Clock::now() - last_news).count() > longest_silence || last) {
        tell_results(now, done);
        last_news = Clock::now();
      }
      report_.interrupted = !(last && number == options_.epochs) && options_.should_stop && options_.should_stop();
    }
    tell_results(now, done);
    const bool whole = done == batches_.count();
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

  /// Batch b forward, backward and along the gradient.
  void step(Epoch& now, std::size_t b) {
    const auto start = Clock::now();
    auto& workspace = network_.workspace();
    const auto batch = batches_.load(b, workspace);
    Result* result = results_.data() + b;
    network_.template backpropagate<Loss>(batch.x, batch.targets, &result->sums, batch.lengths);
    const std::span<const Scalar> gradients = network_.gradients();
    kernels::Summary<Device>::evaluate(workspace, watched_, gradients, &result->gradient);
    if constexpr (immediate) {
      if (const std::string found = trouble(*result); !found.empty()) explain(now, b, batch.x, found);
    }
    optimizer_.step(network_, options_.schedule ? options_.schedule(step_) : 1.0);
    ++step_;
    report_.seconds += seconds_since(start);
    if constexpr (immediate) tell_results(now, b + 1);
  }

  /// Tells of the batches up to `done` whose results are still on the device.
  void tell_results(Epoch& now, std::size_t done) {
    if (now.told == done) return;
    const auto start = Clock::now();
    const std::size_t first = now.told, count = done - first;
    Device::copy_to_host(pending_.data() + first, results_.data() + first, count * sizeof(Result));
    report_.seconds += seconds_since(start);
    for (std::size_t b = first; b < done; ++b) tell_result(now, b, pending_[b]);
    now.told = done;
  }

  void tell_result(Epoch& now, std::size_t b, const Result& result) {
    const nn::LossSums& sums = result.sums;
    if (const std::string found = trouble(result); !found.empty())
      throw NonFiniteError(place(now, b) + found + "; lower the learning rate, or check the input data");
    now.sums.loss += sums.loss;
    now.sums.correct += sums.correct;
    now.sums.samples += sums.samples;
    const BatchEvent event{
        .epoch = now.event.epoch,
        .batch = b + 1,
        .step = (now.event.epoch - 1) * batches_.count() + b + 1,
        .samples = static_cast<std::size_t>(sums.samples),
        .loss = sums.loss / static_cast<double>(sums.samples),
        .gradient_average = watched_.empty() ? 0.0 : result.gradient.sum / static_cast<double>(watched_.size()),
        .accuracy = percent(sums)};
    now.event.loss += event.loss;
    report_.gradient_average = now.event.gradient_average = event.gradient_average;
    tell(&Callback::on_batch, event);
  }

  /// What isn't finite; empty where all is.
  static std::string trouble(const Result& result) {
    if (!std::isfinite(result.sums.loss)) return "the loss is not finite";
    if (result.gradient.non_finite > 0)
      return "the gradient is not finite in " + std::to_string(result.gradient.non_finite) + " elements";
    return {};
  }

  static std::string place(const Epoch& now, std::size_t b) {
    return "epoch " + std::to_string(now.event.epoch) + ", batch " + std::to_string(b + 1) + ": ";
  }

  /// Throws what the network finds out about it before its weights change.
  void explain(const Epoch& now, std::size_t b, typename Network::Input x, const std::string& found) {
    try {
      if (found.starts_with("the loss")) network_.explain_non_finite_loss(x);
      network_.check_gradients_finite();
    } catch (const NonFiniteError& error) {
      throw NonFiniteError(place(now, b) + error.what());
    }
  }

  void evaluate_test() {
    report_.test_loss = report_.accuracy = none;
    if (!test_) return;
    const nn::LossSums sums = evaluate<Loss>(std::as_const(network_), network_.workspace(), *test_);
    report_.test_loss = sums.loss / static_cast<double>(sums.samples);
    report_.accuracy = percent(sums);
  }

  /// The set; where its targets are labels, every one must have an output, and there must be one at least.
  template <class Set>
  static const Set& checked(const Set& set, const char* which) {
    if (set.size() == 0) throw ArgumentError(std::string("odot::fit: ") + which + " is empty");
    constexpr auto outputs = static_cast<std::int32_t>(Network::output_shape::size);
    if constexpr (labelled)
      for (std::size_t n = 0; n < set.size(); ++n)
        if (set.labels[n] < 0 || set.labels[n] >= outputs)
          throw ArgumentError(std::string("odot::fit: label of sample ") + std::to_string(n) + " of " + which +
                              ": expected 0 to " + std::to_string(outputs - 1) +
                              ", as the network has outputs, found " + std::to_string(set.labels[n]));
    return set;
  }

  std::span<const Scalar> watched_gradient() {
    if (network_.parameter_table().empty()) return {};
    const std::string& name =
        options_.watch.parameter.empty() ? network_.parameter_table().at(0).name : options_.watch.parameter;
    const std::span<const Scalar> gradient = network_.gradient(name);
    if (options_.watch.elements > gradient.size())
      throw ArgumentError("odot::fit: watch asks for " + std::to_string(options_.watch.elements) + " elements of " +
                          name + ", which has " + std::to_string(gradient.size()));
    return options_.watch.elements ? gradient.first(options_.watch.elements) : gradient;
  }

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
  static double percent([[maybe_unused]] const nn::LossSums& sums) {
    if constexpr (!labelled) return none;
    return 100.0 * static_cast<double>(sums.correct) / static_cast<double>(sums.samples);
  }

  template <class Event>
  void tell(void (Callback::*what)(const Event&), const Event& event) {
    for (Callback* callback : callbacks_) (callback->*what)(event);
  }

  Network& network_;
  Optimizer& optimizer_;
  const FitOptions& options_;
  std::span<Callback* const> callbacks_;
  data::Loader<TrainSet, Scalar, Device> batches_;
  std::optional<data::Loader<TestSet, Scalar, Device>> test_;
  std::span<const Scalar> watched_;  // memory of the device
  Buffer<Result, Device> results_;   // of an epoch's batches
  std::vector<Result> pending_;
  TrainingPlan plan_;
  TrainingReport report_;
  std::size_t step_ = 0;
};

/// Whether a network can be trained with these sets; a static_assert says what doesn't fit.
template <class Loss, class Network, class... Sets>
constexpr bool sets_fit() {
  using Scalar = typename Network::scalar;
  constexpr bool samples = (std::is_same_v<typename Sets::shape, typename Network::input_shape> && ...);
  static_assert(samples, "odot::fit: the samples of train and test must have the network's input shape");
  constexpr bool targets =
      (targets_fit<Loss, typename Network::model, Scalar, data::Loader<Sets, Scalar, typename Network::device>> && ...);
  static_assert(targets, "odot::fit: the sets' targets must be what the loss holds the network's outputs against");
  return samples && targets;
}

}  // namespace detail

/// Trains a network on `train` and evaluates it on `test` after every epoch; with 0 epochs it evaluates only.
/// The loss is the mean over the samples, by default of the negative log-likelihood. Same seeds, same bits, on any number
/// of threads. Every call starts at epoch 1 of the order and step 0 of the schedule. A run that ends by NonFiniteError
/// calls on_end first. On a GPU the callbacks of batches come some at a time.
///     fit(network, adam, train, test, {.epochs = 10, .batch_size = 4096}, ProgressBar{});
/// Errors  compile time: a set whose samples have another shape than the network's input, or other targets than the loss
///         ArgumentError: a batch size of 0 or larger than the set; an unknown watched parameter; an empty set; a label
///         that the network has no output for
///         NonFiniteError: a loss or gradient that is not finite, with epoch and batch, and on the Cpu the layer
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet, class TestSet, class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const TrainSet& train,
                   const TestSet& test, const FitOptions& options, Callbacks&&... callbacks) {
  if constexpr (detail::sets_fit<Loss, Network<Model, Device, Scalar>, TrainSet, TestSet>()) {
    const std::array<Callback*, sizeof...(callbacks)> list{&callbacks...};
    using Trainer = detail::Trainer<Loss, Network<Model, Device, Scalar>, Optimizer, TrainSet, TestSet>;
    return Trainer(network, optimizer, train, &test, options, std::span<Callback* const>(list)).run();
  } else {
    return {};
  }
}

/// The same without a test set: its loss and accuracy are NaN.
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet, class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const TrainSet& train,
                   const FitOptions& options, Callbacks&&... callbacks) {
  if constexpr (detail::sets_fit<Loss, Network<Model, Device, Scalar>, TrainSet>()) {
    const std::array<Callback*, sizeof...(callbacks)> list{&callbacks...};
    using Trainer = detail::Trainer<Loss, Network<Model, Device, Scalar>, Optimizer, TrainSet>;
    return Trainer(network, optimizer, train, nullptr, options, std::span<Callback* const>(list)).run();
  } else {
    return {};
  }
}

}  // namespace odot
