// SPDX-License-Identifier: MIT
#include "odot/nn/stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "core/allocations.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/worst_of.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Causal = nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = 6, .causal = true}>;
using Causal2 = nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = 2, .causal = true}>;
using Bare =
    nn::UnprojectedElementWiseAttention<nn::UnprojectedElementWiseAttentionOptions{.order = 4, .causal = true}>;

/// A transformer of two post-norm blocks.
template <std::size_t L, class Position>
using Blocks =
    nn::Sequential<Shape<L, 3>, nn::Linear<8>, Position, nn::PostNorm<nn::Named<"attention", Causal>, nn::Dropout<0.1>>,
                   nn::PostNorm<nn::Named<"mlp", nn::Sequential<nn::Linear<16>, nn::GELU, nn::Linear<8>>>>,
                   nn::PreNorm<nn::Named<"attention", Causal2>>, nn::PostNorm<nn::Linear<16>, nn::ReLU, nn::Linear<8>>,
                   nn::Linear<2>>;

/// Steps `tokens` of every sequence and returns all outputs in the layout of predict.
template <class Model>
std::vector<double> stepped(Stream<Model, Cpu, double>& stream, const Batch<typename Model::input_shape, double>& x) {
  constexpr std::size_t L = Model::input_shape::extents[0], In = Model::input_shape::extents[1],
                        Out = Model::output_shape::extents[1];
  Batch<Shape<In>, double> token(x.samples());
  Batch<Shape<Out>, double> y(x.samples());
  std::vector<double> all(x.samples() * L * Out);
  for (std::size_t i = 0; i < L; ++i) {
    for (std::size_t n = 0; n < x.samples(); ++n) std::copy_n(&x[n][i * In], In, token[n].data());
    stream.step(token, y);
    for (std::size_t n = 0; n < x.samples(); ++n) std::copy_n(y[n].data(), Out, &all[(n * L + i) * Out]);
  }
  return all;
}

template <class Model>
Batch<typename Model::input_shape, double> inputs(std::size_t samples) {
  Batch<typename Model::input_shape, double> x(samples);
  std::ranges::copy(hash_uniform(x.size(), 7), x.data());
  return x;
}

template <class Model>
void check_like_predict(std::size_t samples, double tolerance = 1e-12) {
  const Network<Model, Cpu, double> network(Seed{3}, nn::init::normal(0.5));
  const auto x = inputs<Model>(samples);
  const auto expected = network.predict(x);
  Stream stream(network, samples);
  CHECK(difference(stepped<Model>(stream, x), expected.span(), tolerance) == "");
  CHECK(stream.position() == Model::input_shape::extents[0]);
}

}  // namespace

static_assert(Stream<nn::Sequential<Shape<10, 8>, Causal>>::state_elements == 8 * (6 * 7 + 3));
static_assert(Stream<Blocks<10, nn::SinusoidalPosition>>::state_elements == 8 * (6 * 7 + 3) + 8 * (6 * 3 + 3));
static_assert(Stream<Blocks<10, nn::PositionEmbedding>>::longest() == 10);
static_assert(Stream<Blocks<10, nn::SinusoidalPosition>>::longest() > 1'000'000'000);

TEST_CASE("steps give what predict gives: the attention alone, over a thousand tokens") {
  check_like_predict<nn::Sequential<Shape<1000, 4>, Causal>>(2);
  check_like_predict<nn::Sequential<Shape<50, 6>, Bare>>(3);
}

TEST_CASE("steps give what predict gives: layers inside of layers") {
  check_like_predict<nn::Sequential<Shape<20, 5>, nn::Residual<Causal>, nn::ReLU, nn::Residual<nn::Residual<Causal2>>>>(
      2);
  check_like_predict<nn::Sequential<Shape<20, 5>, nn::Sequential<nn::Sequential<Causal, nn::ReLU>>, Causal2>>(1);
}

TEST_CASE("steps give what predict gives: a whole network of two blocks") {
  check_like_predict<Blocks<40, nn::SinusoidalPosition>>(3);
  check_like_predict<Blocks<40, nn::PositionEmbedding>>(1);
}

TEST_CASE("reset brings back the start") {
  using Model = Blocks<12, nn::PositionEmbedding>;
  const Network<Model, Cpu, double> network(Seed{3}, nn::init::normal(0.5));
  const auto x = inputs<Model>(2);
  Stream stream(network, 2);
  const auto first = stepped<Model>(stream, x);
  stream.reset();
  CHECK(stream.position() == 0);
  CHECK(stepped<Model>(stream, x) == first);
}

TEST_CASE("a stream may be longer than the model's length unless positions are learned") {
  using Model = Blocks<16, nn::SinusoidalPosition>;
  const Network<Model> network(Seed{1}, nn::init::normal(0.3));
  Stream stream(network);
  Batch<Shape<3>> x(1);
  Batch<Shape<2>> y(1);
  stream.step(x, y);
  const std::size_t before = allocations();
  bool finite = true;
  for (std::size_t i = 1; i < 100'000; ++i) {
    for (std::size_t d = 0; d < 3; ++d) x[0][d] = static_cast<float>(hash_uniform(3 * i + d));
    stream.step(x, y);
    finite = finite && std::isfinite(y[0][0]) && std::isfinite(y[0][1]);
  }
  CHECK(finite);
  CHECK(allocations() == before);
  CHECK(stream.position() == 100'000);

  using Learned = Blocks<16, nn::PositionEmbedding>;
  const Network<Learned> learned(Seed{1});
  Stream short_stream(learned);
  for (std::size_t i = 0; i < 16; ++i) short_stream.step(x, y);
  CHECK_THROWS_WITH_AS(short_stream.step(x, y),
                       "odot::Stream::step: the model's position embedding ends after 16 tokens; reset the stream, or "
                       "use nn::SinusoidalPosition",
                       ArgumentError);
  CHECK(short_stream.position() == 16);
}

TEST_CASE("a float stream stays with one in double, however many tokens come") {
  const auto check = []<class Attention>(Attention, std::size_t tokens) {
    using Model = nn::Sequential<Shape<4, 3>, Attention>;
    const Network<Model> network(Seed{1});
    const Network<Model, Cpu, double> exact(Seed{1});
    Stream stream(network, 1, 1);
    Stream exact_stream(exact, 1, 1);
    Batch<Shape<3>> x(1);
    Batch<Shape<3>, double> exact_x(1);
    Batch<Shape<1>> y(1);
    Batch<Shape<1>, double> exact_y(1);
    double worst = 0;
    for (std::size_t i = 0; i < tokens; ++i) {
      // What is attended to changes in the middle: a sum that new tokens don't reach would stay with the old.
      const double value = (i < tokens / 2 ? 0.1 : 0.9) + 0.01 * hash_uniform(3 * i + 2);
      for (std::size_t d = 0; d < 3; ++d) {
        x[0][d] = static_cast<float>(d == 2 ? value : 0.5 * hash_uniform(3 * i + d));
        exact_x[0][d] = static_cast<double>(x[0][d]);
      }
      stream.step(x, y);
      exact_stream.step(exact_x, exact_y);
      worst = worst_of(worst, std::abs(static_cast<double>(y[0][0]) / exact_y[0][0] - 1));
    }
    CHECK(worst > 0);
    CHECK(worst <= 6e-7);
  };
  using Two =
      nn::UnprojectedElementWiseAttention<nn::UnprojectedElementWiseAttentionOptions{.order = 2, .causal = true}>;
  check(Two(), 200'000);
  check(Bare(), 50'000);
}

TEST_CASE("a NaN is seen from its token on, in its sequence alone; reset forgets it") {
  using Model = nn::Sequential<Shape<4, 12>, Bare>;
  const Network<Model> network(Seed{1});
  Stream stream(network, 2);
  Batch<Shape<12>> x(2);
  Batch<Shape<4>> y(2);
  for (std::size_t i = 0; i < 100; ++i) {
    for (std::size_t d = 0; d < x.size(); ++d) x.data()[d] = static_cast<float>(hash_uniform(24 * i + d));
    if (i == 40) x[1][5] = std::nanf("");  // a key of channel 1
    stream.step(x, y);
    for (std::size_t c = 0; c < 4; ++c) {
      CHECK(std::isfinite(y[0][c]));
      CHECK(std::isnan(y[1][c]) == (i >= 40 && c == 1));
    }
  }
  stream.reset();
  stream.step(x, y);
  CHECK(std::isfinite(y[1][1]));
}

TEST_CASE("an infinite value makes outputs infinite from its token on, in its channel alone; reset forgets it") {
  using Model = nn::Sequential<Shape<4, 12>, Bare>;
  const Network<Model> network(Seed{1});
  Stream stream(network, 2);
  Batch<Shape<12>> x(2);
  Batch<Shape<4>> y(2);
  for (std::size_t i = 0; i < 200; ++i) {
    for (std::size_t d = 0; d < x.size(); ++d)  // queries and keys of one sign: every power weighs with the same
      x.data()[d] = static_cast<float>(0.5 + 0.4 * hash_uniform(24 * i + d));
    if (i == 40) x[1][9] = -std::numeric_limits<float>::infinity();  // the value of channel 1
    stream.step(x, y);
    for (std::size_t c = 0; c < 4; ++c) {
      CHECK(std::isfinite(y[0][c]));
      if (i >= 40 && c == 1) CHECK(y[1][c] == -std::numeric_limits<float>::infinity());
      else CHECK(std::isfinite(y[1][c]));
    }
  }
  stream.reset();
  stream.step(x, y);
  CHECK(std::isfinite(y[1][1]));
}

TEST_CASE("sequences side by side do not see each other, on any number of threads") {
  using Model = Blocks<10, nn::SinusoidalPosition>;
  const Network<Model, Cpu, double> network(Seed{5}, nn::init::normal(0.5));
  const auto x = inputs<Model>(300);
  Stream one(network, 300, 1), three(network, 300, 3);
  const auto all = stepped<Model>(one, x);
  CHECK(stepped<Model>(three, x) == all);
  for (const std::size_t n : {0u, 123u, 299u}) {
    Batch<Shape<10, 3>, double> alone(1);
    std::copy_n(x[n].data(), 30, alone.data());
    Stream single(network);
    const std::vector<double> expected(all.begin() + static_cast<std::ptrdiff_t>(n) * 20,
                                       all.begin() + static_cast<std::ptrdiff_t>(n + 1) * 20);
    CHECK(difference(stepped<Model>(single, alone), expected, 1e-13) == "");
  }
}

TEST_CASE("rejects another number of rows, and no sequence") {
  using Model = nn::Sequential<Shape<10, 4>, Causal>;
  const Network<Model> network(Seed{1});
  Stream stream(network, 2);
  Batch<Shape<4>> x(2), y(3);
  CHECK_THROWS_WITH_AS(stream.step(x, y),
                       "odot::Stream::step: x has 2 rows, y has 3; each must have one of every sequence, 2",
                       ArgumentError);
  CHECK_THROWS_AS(Stream(network, 0), ArgumentError);
}
