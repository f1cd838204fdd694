// SPDX-License-Identifier: MIT
#include "odot/nn/pool_tokens.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "odot/kernels/mean_tokens.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/select_token.hpp"
#include "support/difference.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t I, std::size_t L = 3, std::size_t D = 2>
using Select = Bound<nn::SelectToken<I>, Shape<L, D>>;
template <std::size_t L = 3, std::size_t D = 2>
using Last = Bound<nn::LastToken, Shape<L, D>>;
template <std::size_t L = 3, std::size_t D = 2>
using Mean = Bound<nn::MeanTokens, Shape<L, D>>;

/// y and dx of two samples of 1 2, 3 4, 5 6 and 10 20, 30 40, 50 60; dy is 12 24 and 36 48.
template <class Layer>
struct Result {
  std::vector<double> y, dx;
  explicit Result(const std::vector<std::int32_t>& lengths = {}) {
    LayerRun<Layer> run(2);
    run.x = Batch<Shape<3, 2>, double>(2, {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60});
    run.dy = Batch<Shape<2>, double>(2, {12, 24, 36, 48});
    run.lengths = lengths;
    run.predict();
    y.assign(run.y.span().begin(), run.y.span().end());
    run.forward();
    CHECK(std::ranges::equal(run.y.span(), y));
    run.backward();
    dx.assign(run.dx.span().begin(), run.dx.span().end());
  }
};
using Values = std::vector<double>;

}  // namespace

static_assert(std::is_same_v<Select<1>::output_shape, Shape<2>> && Select<1>::parameter_count == 0);
static_assert(std::is_same_v<Last<>::output_shape, Shape<2>> && std::is_same_v<Mean<>::output_shape, Shape<2>>);

TEST_CASE("a token is selected by its number, whatever the lengths") {
  for (const std::vector<std::int32_t>& lengths : {std::vector<std::int32_t>{}, {1, 0}}) {
    const Result<Select<1>> result(lengths);
    CHECK(result.y == Values{3, 4, 30, 40});
    CHECK(result.dx == Values{0, 0, 12, 24, 0, 0, 0, 0, 36, 48, 0, 0});
  }
}

TEST_CASE("the last valid token is selected; without one, 0") {
  CHECK(Result<Last<>>().y == Values{5, 6, 50, 60});
  CHECK(Result<Last<>>().dx == Values{0, 0, 0, 0, 12, 24, 0, 0, 0, 0, 36, 48});
  CHECK(Result<Last<>>({2, 1}).y == Values{3, 4, 10, 20});
  CHECK(Result<Last<>>({2, 1}).dx == Values{0, 0, 12, 24, 0, 0, 36, 48, 0, 0, 0, 0});
  CHECK(Result<Last<>>({3, 0}).y == Values{5, 6, 0, 0});
  CHECK(Result<Last<>>({3, 0}).dx == Values{0, 0, 0, 0, 12, 24, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("the mean is over valid tokens; without one, 0") {
  CHECK(difference(Result<Mean<>>().y, Values{3, 4, 30, 40}, 1e-15) == "");
  CHECK(difference(Result<Mean<>>().dx, Values{4, 8, 4, 8, 4, 8, 12, 16, 12, 16, 12, 16}, 1e-15) == "");
  CHECK(Result<Mean<>>({2, 1}).y == Values{2, 3, 10, 20});
  CHECK(Result<Mean<>>({2, 1}).dx == Values{6, 12, 6, 12, 0, 0, 36, 48, 0, 0, 0, 0});
  CHECK(Result<Mean<>>({1, 0}).y == Values{1, 2, 0, 0});
  CHECK(Result<Mean<>>({1, 0}).dx == Values{12, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("lengths outside of the sequence count as its bounds") {
  CHECK(Result<Mean<>>({-5, 100}).y == Result<Mean<>>({0, 3}).y);
  CHECK(Result<Last<>>({-5, 100}).y == Result<Last<>>({0, 3}).y);
  CHECK(Result<Last<>>({-5, 100}).dx == Result<Last<>>({0, 3}).dx);
}

TEST_CASE("what lies in padding does not count, not even NaN") {
  LayerRun<Mean<>> mean(1);
  LayerRun<Last<>> last(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  mean.x = Batch<Shape<3, 2>, double>(1, {1, 2, nan, nan, nan, nan});
  last.x = Batch<Shape<3, 2>, double>(1, {1, 2, nan, nan, nan, nan});
  mean.lengths = last.lengths = {1};
  mean.forward();
  last.forward();
  CHECK(std::ranges::equal(mean.y.span(), Values{1, 2}));
  CHECK(std::ranges::equal(last.y.span(), Values{1, 2}));
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Select<0, 4, 3>>());
  CHECK(check_gradients<Select<3, 4, 3>>());
  CHECK(check_gradients<Select<0, 1, 1>>());
  CHECK(check_gradients<Last<4, 3>>());
  CHECK(check_gradients<Last<4, 3>>({.lengths = {1, 4, 2}}));
  CHECK(check_gradients<Last<1, 1>>());
  CHECK(check_gradients<Mean<4, 3>>());
  CHECK(check_gradients<Mean<4, 3>>({.lengths = {3, 0, 1}}));
  CHECK(check_gradients<Mean<1, 1>>());
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Select<2, 5, 7>>(5000);
  check_same_bits<Last<5, 7>>(5000, {0, 3, 5});
  check_same_bits<Mean<5, 7>>(5000, {0, 3, 5});
}
