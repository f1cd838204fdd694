#pragma once
// SPDX-License-Identifier: MIT
// Metric: a number after every epoch by which a training is judged; and the best epoch so far.

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/events.hpp"

namespace odot {

enum class Goal { lowest, highest };

/// A number of an epoch, and whether the lowest or the highest one is the best. It is one of EpochEvent's, by name:
///     "test_loss"   "test_accuracy"   "mean_loss"   "train_accuracy"
/// or your own, from anything that is known after an epoch:
///     Metric f1{"macro F1",
///               [&](const EpochEvent&) {
///                 return classification_report(network, network.workspace(), validation).macro().f1;
///               },
///               Goal::highest};
/// NaN is never the best.
/// Errors  ArgumentError: an unknown name
struct Metric {
  using Value = std::function<double(const EpochEvent&)>;

  std::string name;
  Value value;
  Goal goal = Goal::lowest;
  bool of_second_set = false;  ///< needs fit's second set

  Metric(const char* known) : Metric(std::string(known)) {}
  Metric(std::string known);
  Metric(std::string own, Value of_epoch, Goal best) : name(std::move(own)), value(std::move(of_epoch)), goal(best) {}
};

#if ODOT_DEFINITIONS
ODOT_FUNCTION Metric::Metric(std::string known) : name(std::move(known)) {
  const auto is = [this](const char* text, double EpochEvent::* member, Goal best, bool second) {
    if (name != text) return;
    value = [member](const EpochEvent& e) { return e.*member; };
    goal = best;
    of_second_set = second;
  };
  is("test_loss", &EpochEvent::test_loss, Goal::lowest, true);
  is("test_accuracy", &EpochEvent::test_accuracy, Goal::highest, true);
  is("mean_loss", &EpochEvent::mean_loss, Goal::lowest, false);
  is("train_accuracy", &EpochEvent::train_accuracy, Goal::highest, false);
  if (!value)
    throw ArgumentError("odot::Metric: expected test_loss, test_accuracy, mean_loss or train_accuracy, found \"" +
                        name + "\"; give your own metric its value and goal");
}
#endif

namespace detail {

/// The best epoch so far by a metric.
class BestEpoch {
 public:
  /// `who` begins the messages of errors. Throws ArgumentError for a min_delta that is negative or not finite.
  BestEpoch(std::string who, Metric metric, double min_delta)
      : who_(std::move(who)), metric_(std::move(metric)), min_delta_(min_delta) {
    if (!(min_delta >= 0 && min_delta <= (std::numeric_limits<double>::max)()))
      throw ArgumentError(who_ + ": min_delta: expected a number that is not negative, found " +
                          number_text::shortest(min_delta));
  }

  /// Throws ArgumentError if there is no second set and the metric needs one.
  void demand(const TrainingPlan& plan) const {
    if (metric_.of_second_set && plan.test_samples == 0)
      throw ArgumentError(who_ + ": its metric, " + metric_.name +
                          ", needs fit's second set, but there is none; give fit a validation set");
  }

  /// Whether the epoch is the best so far: better than the previous best one by more than min_delta.
  bool take(const EpochEvent& e) {
    const double value = metric_.value(e), better = metric_.goal == Goal::lowest ? value_ - value : value - value_;
    if (epoch_ == 0 ? std::isnan(value) : !(better > min_delta_)) return false;
    value_ = value;
    epoch_ = e.epoch;
    return true;
  }

  void clear() { epoch_ = 0, value_ = none; }

  std::size_t epoch() const { return epoch_; }
  double value() const { return value_; }

  void keep(Snapshot& state) const {
    state.set_fact("metric", metric_.name);
    state.set_fact("epoch", epoch_);
    if (epoch_ > 0) state.set_fact("value", value_);
  }
  /// Throws ArgumentError if the state is of another metric.
  void restore(const Snapshot& state) {
    if (const std::string found = state.required_text("metric"); found != metric_.name)
      throw ArgumentError(who_ + ": expected a state with metric " + metric_.name + ", found one with " +
                          shown_name(found));
    epoch_ = static_cast<std::size_t>(state.required_count("epoch"));
    value_ = epoch_ > 0 ? state.required_number("value") : none;
  }

 private:
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  std::string who_;
  Metric metric_;
  double min_delta_;
  std::size_t epoch_ = 0;  // from 1; 0: none yet
  double value_ = none;
};

}  // namespace detail

}  // namespace odot
