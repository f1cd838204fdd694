// SPDX-License-Identifier: MIT
#include "odot/optim/schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/reference.hpp"

using namespace odot;
using namespace odot::test;
namespace schedule = odot::optim::schedule;

TEST_CASE("the constant schedule is 1") {
  const auto s = schedule::constant();
  CHECK(s(0) == 1);
  CHECK(s(1'000'000) == 1);
}

TEST_CASE("the step schedule multiplies by gamma every period") {
  const auto s = schedule::step(10, 0.5);
  CHECK(s(0) == 1);
  CHECK(s(9) == 1);
  CHECK(s(10) == 0.5);
  CHECK(s(19) == 0.5);
  CHECK(s(30) == 0.125);
  CHECK(std::abs(schedule::step(1)(2) - 0.01) <= 1e-15);
}

TEST_CASE("the cosine schedule warms up, falls along half a cosine and stays at its floor") {
  const auto s = schedule::cosine(4, 12, 0.2);
  CHECK(s(0) == 0.25);
  CHECK(s(3) == 1);
  CHECK(s(4) == 1);                      // the top of the cosine
  CHECK(std::abs(s(8) - 0.6) <= 1e-15);  // half way: 0.2 + 0.8 · 0.5
  CHECK(std::abs(s(6) - (0.2 + 0.8 * 0.5 * (1 + std::sqrt(0.5)))) <= 1e-15);
  CHECK(s(12) == 0.2);
  CHECK(s(1000) == 0.2);
}

TEST_CASE("without warm-up the cosine schedule starts at 1") {
  const auto s = schedule::cosine(0, 2);
  CHECK(s(0) == 1);
  CHECK(std::abs(s(1) - 0.5) <= 1e-15);
  CHECK(s(2) == 0);
}

TEST_CASE("a warm-up comes before another schedule") {
  const auto s = schedule::warm_up(4, schedule::step(10, 0.5));
  CHECK(s(0) == 0.25);
  CHECK(s(3) == 1);
  CHECK(s(4) == 1);
  CHECK(s(13) == 1);
  CHECK(s(14) == 0.5);
  CHECK(schedule::warm_up(2)(100) == 1);
  CHECK(schedule::warm_up(0)(0) == 1);
}

TEST_CASE("one cycle has PyTorch's learning rates and stays at the last one") {
  const Reference reference("schedules.txt");
  const auto check = [&](const char* name, const schedule::OneCycleOptions& options) {
    CAPTURE(name);
    const std::vector<double>& rates = reference.values(name);
    const auto s = schedule::one_cycle(rates.size(), options);
    for (std::size_t at = 0; at < rates.size(); ++at) {
      CAPTURE(at);
      CHECK(std::abs(s(at) - rates[at]) <= 1e-11);
    }
    CHECK(s(rates.size() + 1000) == s(rates.size() - 1));
  };
  check("defaults", {});
  check("linear",
        {.pct_start = 0.4, .div_factor = 10, .final_div_factor = 100, .anneal_strategy = schedule::Anneal::linear});
  check("three_phases", {.pct_start = 0.35, .three_phase = true});
  check("rise_alone", {.pct_start = 1});
}

TEST_CASE("impossible schedules are rejected with what was asked") {
  CHECK_THROWS_WITH_AS(schedule::step(0), "odot::optim::schedule::step: period must be at least 1 step, found 0",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(schedule::cosine(5, 5),
                       "odot::optim::schedule::cosine: warm_up must be less than total, found 5 and 5", ArgumentError);
  CHECK_THROWS_AS(schedule::cosine(0, 0), ArgumentError);
  CHECK_THROWS_WITH_AS(schedule::one_cycle(1),
                       "odot::optim::schedule::one_cycle: expected a total of at least 2 steps, found 1",
                       ArgumentError);
  CHECK_THROWS_AS(schedule::one_cycle(10, {.pct_start = 1.1}), ArgumentError);
  CHECK_THROWS_AS(schedule::one_cycle(10, {.pct_start = 0.6, .three_phase = true}), ArgumentError);
  CHECK_THROWS_AS(schedule::one_cycle(10, {.div_factor = 0}), ArgumentError);
  CHECK_THROWS_AS(schedule::one_cycle(10, {.final_div_factor = std::nan("")}), ArgumentError);
}
