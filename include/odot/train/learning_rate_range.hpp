#pragma once
// SPDX-License-Identifier: MIT
// learning_rate_range: losses of a training whose learning rate rises from step to step, for choosing a learning rate.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/io/line_chart.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/non_finite.hpp"
#include "odot/train/fit.hpp"

namespace odot {

struct LearningRateRangeOptions {
  double from = 1e-6, to = 1;    ///< learning rates of the first and the last step
  std::size_t steps = 100;       ///< learning rates, each larger than the one before by the same factor
  std::size_t batch_size = 128;  ///< samples
  Seed seed{1};                  ///< for the order of the samples
  double smoothing = 0.9;        ///< share of the average of earlier losses that stays in a step
  double divergence = 4;         ///< the test ends when the average exceeds its lowest value by this factor
};

/// The losses by learning rate.
struct LearningRateRange {
  struct Point {
    double rate, loss, average;  ///< the loss is the batch's, before its step
  };
  std::vector<Point> points;
  bool diverged = false;  ///< it ended early, because the loss rose too far or was not finite

  /// The rate around which the average falls most, without the first tenth of the rates, where the average is of few
  /// losses; NaN if it never falls.
  double steepest() const {
    double rate = std::numeric_limits<double>::quiet_NaN(), most = 0;
    for (std::size_t i = points.size() / 10 + 1; i + 1 < points.size(); ++i)
      if (const double fall = points[i - 1].average - points[i + 1].average; fall > most)
        most = fall, rate = points[i].rate;
    return rate;
  }

  /// The curve as an SVG document; io::write_file writes it.
  std::string chart() const {
    std::vector<std::pair<double, double>> losses, averages;
    for (const Point& p : points) losses.emplace_back(p.rate, p.loss), averages.emplace_back(p.rate, p.average);
    io::LineChart picture("loss by learning rate", "learning rate", io::Axis::logarithmic);
    picture.add("loss of the batch", std::move(losses));
    picture.add("average", std::move(averages));
    return io::LineChart::document({picture});
  }
};

namespace detail {

/// Keeps the losses, and says when there are enough.
class RangeRecorder : public Callback {
 public:
  explicit RangeRecorder(const LearningRateRangeOptions& options) : options_(options) {
    const auto demand = [](bool good, const char* what, double found) {
      if (!good)
        throw ArgumentError(std::string("odot::learning_rate_range: ") + what + ", found " +
                            number_text::shortest(found));
    };
    demand(options.from > 0 && options.from < options.to, "expected rates above 0, the first below the last",
           options.from);
    demand(options.to <= (std::numeric_limits<double>::max)(), "expected a finite last rate", options.to);
    demand(options.steps >= 2, "expected at least 2 steps", static_cast<double>(options.steps));
    demand(options.smoothing >= 0 && options.smoothing < 1, "expected a smoothing from 0 to below 1",
           options.smoothing);
    demand(options.divergence > 1, "expected a divergence above 1", options.divergence);
  }

  /// The rate of a step, counted from 0.
  double rate(std::size_t step) const {
    return options_.from *
           std::pow(options_.to / options_.from, static_cast<double>(step) / static_cast<double>(options_.steps - 1));
  }

  void on_batch(const BatchEvent& e) override {
    if (range.points.size() == options_.steps || range.diverged) return;
    sum_ = options_.smoothing * sum_ + (1 - options_.smoothing) * e.loss;
    weight_ = options_.smoothing * weight_ + (1 - options_.smoothing);
    const double average = sum_ / weight_;
    range.points.push_back({rate(e.step - 1), e.loss, average});
    if (!(average > lowest_)) lowest_ = average;
    range.diverged = average - lowest_ > (options_.divergence - 1) * std::abs(lowest_);
  }
  bool done() const { return range.diverged || range.points.size() == options_.steps; }

  LearningRateRange range;

 private:
  const LearningRateRangeOptions& options_;
  double sum_ = 0, weight_ = 0, lowest_ = std::numeric_limits<double>::infinity();
};

}  // namespace detail

/// Trains for a while with a learning rate that rises from step to step, and returns the losses by rate. Then network and
/// optimizer are as they were before, also where it throws. (The rates are the optimizer's; those of its groups rise by the same factors.)
///     const LearningRateRange range = learning_rate_range(network, adam, train, {.from = 1e-6, .to = 1});
///     io::write_file("range.svg", range.chart());           choose a rate from where the curve falls steeply
/// Errors  ArgumentError: options out of range; an optimizer whose learning rate is 0; those of fit
/// Source  Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3
template <class Loss, class Model, class Device, class Scalar, class Optimizer, class TrainSet>
  requires nn::Loss<Loss>
LearningRateRange learning_rate_range(Network<Model, Device, Scalar>& network, Optimizer& optimizer, const Loss& loss,
                                      const TrainSet& train, const LearningRateRangeOptions& options = {}) {
  detail::RangeRecorder recorder(options);
  const double own = optimizer.options().learning_rate;
  if (!(own > 0))
    throw ArgumentError("odot::learning_rate_range: the optimizer's learning rate is 0; give it any other");
  const Snapshot weights = network.snapshot(), state = optimizer.snapshot(network);
  const std::uint64_t step = network.step();
  const auto put_back = [&] {
    network.restore(weights);
    network.set_step(step);
    optimizer.restore(state, network);
  };
  try {
    // As many epochs as steps are always enough.
    fit(network, optimizer, loss, train,
        {.epochs = options.steps,
         .batch_size = options.batch_size,
         .seed = options.seed,
         .schedule = [&](std::size_t at) { return recorder.rate((std::min)(at, options.steps - 1)) / own; },
         .should_stop = [&] { return recorder.done(); }},
        recorder);
  } catch (const NonFiniteError&) {
    recorder.range.diverged = true;
  } catch (...) {
    put_back();
    throw;
  }
  put_back();
  return std::move(recorder.range);
}

/// The same with a loss that carries no numbers.
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Optimizer,
          class TrainSet>
  requires(!nn::Loss<TrainSet>)
LearningRateRange learning_rate_range(Network<Model, Device, Scalar>& network, Optimizer& optimizer,
                                      const TrainSet& train, const LearningRateRangeOptions& options = {}) {
  return learning_rate_range(network, optimizer, Loss{}, train, options);
}

}  // namespace odot
