#pragma once
// SPDX-License-Identifier: MIT
// Learning-rate schedules: factors on the learning rate of every group, by step.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <string>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"

namespace odot::optim::schedule {

/// Factor on the learning rate at a step; steps are batches, counted from 0 over the whole training.
using Schedule = std::function<double(std::size_t step)>;

ODOT_FUNCTION Schedule constant();

/// The factor is multiplied by `gamma` every `period` steps. Throws ArgumentError for a period of 0.
ODOT_FUNCTION Schedule step(std::size_t period, double gamma = 0.1);

/// Rises linearly to 1 over `warm_up` steps, then falls along half a cosine to `floor` at step `total` and stays there.
/// Throws ArgumentError unless warm_up < total.
/// Source  Loshchilov, Hutter, "SGDR", 2017, equation 5, one period
ODOT_FUNCTION Schedule cosine(std::size_t warm_up, std::size_t total, double floor = 0.0);

/// Rises linearly to 1 over `steps` steps, from 1/steps on; then follows `rest` from its step 0 on.
///     schedule::warm_up(500, schedule::step(2000))
ODOT_FUNCTION Schedule warm_up(std::size_t steps, Schedule rest = constant());

/// How a phase goes from one factor to the next.
enum class Anneal { cosine, linear };

struct OneCycleOptions {
  double pct_start = 0.3;         ///< share of the steps in which the rate rises
  double div_factor = 25;         ///< the first rate is the largest one divided by this
  double final_div_factor = 1e4;  ///< the last rate is the first one divided by this
  bool three_phase = false;       ///< falls to the first rate as fast as it rose, then in a third phase to the last one
  Anneal anneal_strategy = Anneal::cosine;
};

/// One cycle over `total` steps: up to the optimizer's learning rate, which is the largest one, and down to almost
/// nothing; it stays there. Momentum is left as it is.
/// Errors  ArgumentError: a total below 2; pct_start outside 0 to 1, or 0 to 0.5 with three phases; a factor below 1
/// Source  Smith, Topin, "Super-convergence", 2018; same convention as torch.optim.lr_scheduler.OneCycleLR with
///         cycle_momentum=False
ODOT_FUNCTION Schedule one_cycle(std::size_t total, const OneCycleOptions& options = {});

#if ODOT_DEFINITIONS

ODOT_FUNCTION Schedule constant() {
  return [](std::size_t) { return 1.0; };
}

ODOT_FUNCTION Schedule step(std::size_t period, double gamma) {
  if (period == 0) throw ArgumentError("odot::optim::schedule::step: period must be at least 1 step, found 0");
  return [=](std::size_t at) { return std::pow(gamma, static_cast<double>(at / period)); };
}

ODOT_FUNCTION Schedule cosine(std::size_t warm_up, std::size_t total, double floor) {
  if (warm_up >= total)
    throw ArgumentError("odot::optim::schedule::cosine: warm_up must be less than total, found " +
                        std::to_string(warm_up) + " and " + std::to_string(total));
  return [=](std::size_t at) {
    if (at < warm_up) return static_cast<double>(at + 1) / static_cast<double>(warm_up);
    if (at >= total) return floor;
    const double progress = static_cast<double>(at - warm_up) / static_cast<double>(total - warm_up);
    return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  };
}

ODOT_FUNCTION Schedule warm_up(std::size_t steps, Schedule rest) {
  return [steps, rest = std::move(rest)](std::size_t at) {
    if (at >= steps) return rest(at - steps);
    return static_cast<double>(at + 1) / static_cast<double>(steps);
  };
}

ODOT_FUNCTION Schedule one_cycle(std::size_t total, const OneCycleOptions& options) {
  const OneCycleOptions o = options;
  const auto demand = [](bool good, const char* what, double found) {
    if (!good)
      throw ArgumentError(std::string("odot::optim::schedule::one_cycle: ") + what + ", found " +
                          number_text::shortest(found));
  };
  demand(total >= 2, "expected a total of at least 2 steps", static_cast<double>(total));
  demand(o.pct_start >= 0 && o.pct_start <= (o.three_phase ? 0.5 : 1.0),
         o.three_phase ? "expected pct_start from 0 to 0.5" : "expected pct_start from 0 to 1", o.pct_start);
  demand(o.div_factor >= 1, "expected a div_factor of at least 1", o.div_factor);
  demand(o.final_div_factor >= 1, "expected a final_div_factor of at least 1", o.final_div_factor);
  const double last = static_cast<double>(total - 1), rise = o.pct_start * static_cast<double>(total) - 1;
  const double first = 1 / o.div_factor, least = first / o.final_div_factor;
  return [=](std::size_t at) {
    const double step = (std::min)(static_cast<double>(at), last);
    const auto between = [&](double from, double to, double begin, double end) {
      const double share = end > begin ? (step - begin) / (end - begin) : 1;
      if (o.anneal_strategy == Anneal::linear) return from + (to - from) * share;
      return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
    };
    if (step <= rise) return between(first, 1, 0, rise);
    if (!o.three_phase) return between(1, least, rise, last);
    const double fall = 2 * o.pct_start * static_cast<double>(total) - 2;
    return step <= fall ? between(1, first, rise, fall) : between(first, least, fall, last);
  };
}

#endif

}  // namespace odot::optim::schedule
