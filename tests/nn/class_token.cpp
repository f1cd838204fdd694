// SPDX-License-Identifier: MIT
#include "odot/nn/class_token.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/nn/sequential.hpp"
#include "support/difference.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t L, std::size_t D>
using Token = Bound<nn::ClassToken, Shape<L, D>>;
template <class... Layers>
using Chain = nn::Sequential<Shape<3, 2>, Layers...>;

/// Every element of y, and in backward of dx, is the length that the layer sees; −1 where there are none.
struct ShowLengths {
  template <ShapeType In>
  struct bind : nn::Layer<In, In> {
    static void forward(auto pass, auto /*x*/, auto y) { fill(pass, y); }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto /*dy*/, auto dx) { fill(pass, dx); }
    static void fill(auto pass, auto view) {
      for (std::size_t n = 0; n < view.samples(); ++n)
        std::ranges::fill(view[n].span(), pass.lengths() ? pass.lengths()[n] : -1);
    }
  };
};

/// What a layer after `Layers`, which pass gradients on, sees of two samples; the same in all passes.
template <class... Layers>
std::vector<double> seen_lengths(const std::vector<std::int32_t>& lengths) {
  LayerRun<Chain<Layers..., ShowLengths>> run(2);
  run.lengths = lengths;
  run.forward();
  const std::vector<double> seen{run.y[0][0], run.y[1][0]};
  run.predict();
  CHECK(std::vector<double>{run.y[0][0], run.y[1][0]} == seen);
  run.backward();
  CHECK(std::vector<double>{run.dx[0][0], run.dx[1][0]} == seen);
  return seen;
}

}  // namespace

static_assert(Token<3, 5>::parameter_count == 5);
static_assert(std::is_same_v<Token<3, 5>::output_shape, Shape<4, 5>>);
static_assert(Token<3, 5>::added_tokens == 1 && Chain<nn::ClassToken, nn::ClassToken>::added_tokens == 2);
static_assert(Chain<nn::Linear<4>>::added_tokens == 0);

TEST_CASE("the token comes first, the others follow; its gradient is the samples' sum, added") {
  LayerRun<Token<2, 2>> run(2);
  run.x = Batch<Shape<2, 2>, double>(2, {1, 2, 3, 4, 5, 6, 7, 8});
  run.dy = Batch<Shape<3, 2>, double>(2, {1, -1, 10, 20, 30, 40, 5, 0, 50, 60, 70, 80});
  std::ranges::copy(std::vector<double>{-7, 9}, run.parameter("token").begin());
  std::ranges::fill(run.gradients, 100.0);
  run.forward();
  CHECK(difference(run.y.span(), std::vector<double>{-7, 9, 1, 2, 3, 4, -7, 9, 5, 6, 7, 8}, 0) == "");
  run.backward();
  CHECK(difference(run.gradient("token"), std::vector<double>{106, 99}, 0) == "");
  CHECK(difference(run.dx.span(), std::vector<double>{10, 20, 30, 40, 50, 60, 70, 80}, 0) == "");
}

TEST_CASE("later layers see lengths greater by one for each class token, wherever it stands") {
  using nn::ClassToken, nn::SinusoidalPosition, nn::Sequential;
  using Lengths = std::vector<double>;
  CHECK(seen_lengths<SinusoidalPosition>({3, 1}) == Lengths{3, 1});
  CHECK(seen_lengths<SinusoidalPosition>({}) == Lengths{-1, -1});
  CHECK(seen_lengths<ClassToken>({}) == Lengths{-1, -1});
  CHECK(seen_lengths<ClassToken>({3, 1}) == Lengths{4, 2});
  CHECK(seen_lengths<ClassToken, SinusoidalPosition, ClassToken>({3, 0}) == Lengths{5, 2});
  CHECK(seen_lengths<Sequential<ClassToken, ClassToken>, SinusoidalPosition>({2, 1}) == Lengths{4, 3});
  CHECK(seen_lengths<ClassToken, Sequential<SinusoidalPosition, SinusoidalPosition>>({2, 1}) == Lengths{3, 2});
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Token<3, 5>>());
  CHECK(check_gradients<Token<1, 1>>());
  CHECK(check_gradients<Chain<nn::Linear<3>, nn::ClassToken, nn::GELU, nn::Linear<2>>>());
  using Pooled = Chain<nn::Linear<3>, nn::ClassToken, nn::GELU, nn::MeanTokens>;
  CHECK(check_gradients<Pooled>({.samples = 4, .lengths = {0, 1, 3, 2}}));
}

TEST_CASE("a network takes lengths and a class token together") {
  Network<Chain<nn::ClassToken, nn::MeanTokens>, Cpu, double> network{Seed{1}};
  std::ranges::copy(std::vector<double>{100, 200}, network.parameters().begin());
  const Batch<Shape<3, 2>, double> x(2, {2, 4, 6, 8, -1, -1, -1, -1, -1, -1, -1, -1});
  const std::vector<std::int32_t> lengths{2, 0};
  const auto y = network.predict(x, lengths.data());
  CHECK(difference(y.span(), std::vector<double>{108.0 / 3, 212.0 / 3, 100, 200}, 1e-15) == "");
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Token<7, 5>>(3000);
  check_same_bits<Chain<nn::ClassToken, nn::MeanTokens>>(3000, {3, 1, 0, 2});
}
