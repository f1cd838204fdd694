// SPDX-License-Identifier: MIT
#include "odot/train/column_errors.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "odot/train/evaluate.hpp"
#include "support/small_regression.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("errors of a column are the means over samples and steps") {
  const SmallForecast series = small_series();
  const SmallForecaster network{Seed{1}, nn::init::normal(0.3)};
  Workspace<Cpu> workspace(2);
  const auto errors = column_errors(network, workspace, series.test);
  REQUIRE(errors.size() == 2);
  for (std::size_t c = 0; c < 2; ++c) {
    double absolute = 0, squared = 0;
    Batch<Shape<4, 2>> x(1);
    for (std::size_t n = 0; n < series.test.size(); ++n) {
      std::ranges::copy(series.test.sample(n), x.data());
      const auto y = network.predict(x);
      for (std::size_t t = 0; t < 3; ++t) {
        const double off = static_cast<double>(y[0][2 * t + c] - series.test.target(n)[2 * t + c]);
        absolute += std::abs(off);
        squared += off * off;
      }
    }
    const double count = 3.0 * static_cast<double>(series.test.size());
    CHECK(std::abs(errors[c].absolute - absolute / count) <= 1e-5);
    CHECK(std::abs(errors[c].squared - squared / count) <= 1e-5);
  }
}

TEST_CASE("the mean over columns is what the losses evaluate to, in more than one batch") {
  const auto series =
      data::forecasting<4, 3, 2>(data::synthetic_series(Seed{1}, 2000, 2), {300, 100, 1500}, "synthetic", true);
  const SmallForecaster network{Seed{2}, nn::init::normal(0.3)};
  Workspace<Cpu> workspace(1);
  const ForecastError mean = mean_error(column_errors(network, workspace, series.test));
  const nn::LossSums absolute = evaluate<nn::MeanAbsoluteError>(network, workspace, series.test);
  const nn::LossSums squared = evaluate<nn::MeanSquaredError>(network, workspace, series.test);
  CHECK(absolute.samples == 1498);
  CHECK(absolute.correct == 0);
  CHECK(std::abs(mean.absolute - absolute.loss / 1498) <= 1e-5 * mean.absolute);
  CHECK(std::abs(mean.squared - squared.loss / 1498) <= 1e-5 * mean.squared);
}

TEST_CASE("units scale each column's errors") {
  const std::vector<ForecastError> columns{{1, 4}, {2, 9}};
  const std::array<double, 2> units{10, 3};
  CHECK(mean_error(columns).absolute == 1.5);
  CHECK(mean_error(columns).squared == 6.5);
  CHECK(mean_error(columns, units).absolute == 8);
  CHECK(mean_error(columns, units).squared == (400 + 81) / 2.0);
  CHECK(std::abs(mean_error(columns, units).root() - std::sqrt(240.5)) <= 1e-12);
}

TEST_CASE("forecasts that are not as many as the targets are rejected") {
  const SmallForecast series = small_series();
  const std::vector<float> few(5);
  CHECK_THROWS_WITH_AS(column_errors(std::span<const float>(few), series.test),
                       "odot::column_errors: expected as many forecasts as targets, 588 and at least one, found 5",
                       ArgumentError);
  CHECK_THROWS_AS(column_errors(std::span<const float>(), SmallForecast::set{}), ArgumentError);
}

TEST_CASE("the last step repeated stands in every step of the horizon") {
  const SmallForecast series = small_series();
  const std::vector<float> forecasts = last_step_repeated(series.test);
  REQUIRE(forecasts.size() == series.test.targets.size());
  for (std::size_t n = 0; n < series.test.size(); ++n)
    for (std::size_t step = 0; step < 3; ++step)
      for (std::size_t c = 0; c < 2; ++c) CHECK(forecasts[(n * 3 + step) * 2 + c] == series.test.sample(n)[3 * 2 + c]);
}

TEST_CASE("windows that are cut or padded have no last step to repeat") {
  SmallForecast::set cut = small_series().test, padded = cut;
  cut.values.pop_back();
  CHECK_THROWS_AS(last_step_repeated(cut), ArgumentError);
  padded.lengths.assign(padded.size(), 3);
  CHECK_THROWS_WITH_AS(
      last_step_repeated(padded),
      "odot::last_step_repeated: the windows of \"synthetic\" have lengths; expected windows without padding",
      ArgumentError);
}
