#pragma once
// SPDX-License-Identifier: MIT
// fit: the training loop.

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/data/batches.hpp"
#include "odot/data/dataset.hpp"
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
};

namespace detail {

/// The state of one run of fit.
template <class Network, class Optimizer>
class Trainer {
 public:
  using Shape = typename Network::input_shape;
  using Scalar = typename Network::scalar;
  using Dataset = data::Dataset<Shape>;

  Trainer(Network& network, Optimizer& optimizer, const Dataset& train, const Dataset& test, const FitOptions& options,
          std::span<Callback* const> callbacks)
      : network_(network), optimizer_(optimizer), test_(test), options_(options), callbacks_(callbacks),
        batches_(train, options.batch_size), watched_(watched_gradient()) {
    require_labels(train, "the training set");
    require_labels(test, "the test set");
    plan_ = {options.epochs, batches_.count(), train.size(), test.size(), options.batch_size};
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

  void epoch(std::size_t number) {
    EpochEvent event{.epoch = number};
    nn::LossSums sums;
    batches_.shuffle(options_.seed, number);
    const double seconds_before = report_.seconds;
    std::size_t done = 0;
    for (std::size_t b = 0; b < batches_.count() && !report_.interrupted; ++b, ++done) {
      const BatchEvent batch = step(number, b, sums);
      event.loss += batch.loss;
      report_.gradient_average = event.gradient_average = batch.gradient_average;
      tell(&Callback::on_batch, batch);
      const bool last = number == options_.epochs && b + 1 == batches_.count();
      report_.interrupted = !last && options_.should_stop && options_.should_stop();
    }
    const bool whole = done == batches_.count();
    if (whole || report_.epochs.empty()) report_.loss = event.loss;
    if (!whole) return;
    event.mean_loss = sums.loss / static_cast<double>(sums.samples);
    event.train_accuracy = percent(sums);
    event.seconds = report_.seconds - seconds_before;
    event.samples_per_second = static_cast<double>(sums.samples) / event.seconds;
    evaluate_test();
    event.test_loss = report_.test_loss;
    event.test_accuracy = report_.accuracy;
    report_.epochs.push_back(event);
    tell(&Callback::on_epoch, event);
  }

  /// One batch forward, backward and along the gradient.
  BatchEvent step(std::size_t epoch, std::size_t b, nn::LossSums& epoch_sums) {
    const auto start = Clock::now();
    batches_.load(b, x_, labels_, network_.workspace().threads());
    const nn::LossSums sums = network_.compute_gradients(x_, labels_);
    check_finite(sums, epoch, b);
    optimizer_.step(network_, options_.schedule ? options_.schedule(step_) : 1.0);
    ++step_;
    report_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    epoch_sums.loss += sums.loss;
    epoch_sums.correct += sums.correct;
    epoch_sums.samples += sums.samples;
    double total = 0;
    for (const Scalar g : watched_) total += static_cast<double>(g);
    return {.epoch = epoch,
            .batch = b + 1,
            .step = step_,
            .samples = x_.samples(),
            .loss = sums.loss / static_cast<double>(sums.samples),
            .gradient_average = watched_.empty() ? 0.0 : total / static_cast<double>(watched_.size()),
            .accuracy = percent(sums)};
  }

  void check_finite(const nn::LossSums& sums, std::size_t epoch, std::size_t b) {
    try {
      if (!std::isfinite(sums.loss)) network_.explain_non_finite_loss(x_);
      network_.check_gradients_finite();
    } catch (const NonFiniteError& error) {
      throw NonFiniteError("epoch " + std::to_string(epoch) + ", batch " + std::to_string(b + 1) + ": " + error.what());
    }
  }

  void evaluate_test() {
    const nn::LossSums sums = evaluate(std::as_const(network_), network_.workspace(), test_);
    report_.test_loss = sums.loss / static_cast<double>(sums.samples);
    report_.accuracy = percent(sums);
  }

  /// Every label must have an output, and there must be one at least.
  static void require_labels(const Dataset& set, const char* which) {
    constexpr auto outputs = static_cast<std::int32_t>(Network::output_shape::size);
    if (set.size() == 0) throw ArgumentError(std::string("odot::fit: ") + which + " is empty");
    for (std::size_t n = 0; n < set.size(); ++n)
      if (set.labels[n] < 0 || set.labels[n] >= outputs)
        throw ArgumentError(std::string("odot::fit: label of sample ") + std::to_string(n) + " of " + which +
                            ": expected 0 to " + std::to_string(outputs - 1) + ", as the network has outputs, found " +
                            std::to_string(set.labels[n]));
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

  static double percent(const nn::LossSums& sums) {
    return 100.0 * static_cast<double>(sums.correct) / static_cast<double>(sums.samples);
  }

  template <class Event>
  void tell(void (Callback::*what)(const Event&), const Event& event) {
    for (Callback* callback : callbacks_) (callback->*what)(event);
  }

  Network& network_;
  Optimizer& optimizer_;
  const Dataset& test_;
  const FitOptions& options_;
  std::span<Callback* const> callbacks_;
  data::Batches<Shape> batches_;
  std::span<const Scalar> watched_;
  TrainingPlan plan_;
  TrainingReport report_;
  Batch<Shape, Scalar> x_;
  std::vector<std::int32_t> labels_;
  std::size_t step_ = 0;
};

}  // namespace detail

/// Trains a network on `train` and evaluates it on `test` after every epoch; with 0 epochs it evaluates only.
/// The loss is the mean negative log-likelihood. Same seeds, same bits, on any number of threads. Every call starts at
/// epoch 1 of the order and step 0 of the schedule. A run that ends by NonFiniteError calls on_end first.
///     fit(network, adam, train, test, {.epochs = 10, .batch_size = 4096}, ProgressBar{});
/// Errors  compile time: a dataset of another shape
///         ArgumentError: a batch size of 0 or larger than the set; an unknown watched parameter; an empty set; a label
///         that the network has no output for
///         NonFiniteError: a loss or gradient that is not finite, with epoch, batch and layer
template <class Model, class Device, class Scalar, class Optimizer, ShapeType Train, ShapeType Test, class... Callbacks>
TrainingReport fit(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const data::Dataset<Train>& train,
                   const data::Dataset<Test>& test, const FitOptions& options, Callbacks&&... callbacks) {
  using Input = typename Model::input_shape;
  constexpr bool fits = std::is_same_v<Train, Input> && std::is_same_v<Test, Input>;
  static_assert(fits, "odot::fit: the samples of train and test must have the network's input shape");
  if constexpr (fits) {
    const std::array<Callback*, sizeof...(callbacks)> list{&callbacks...};
    return detail::Trainer(network, optimizer, train, test, options, std::span<Callback* const>(list)).run();
  } else {
    return {};
  }
}

}  // namespace odot
