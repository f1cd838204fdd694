// SPDX-License-Identifier: MIT
#include "odot/nn/linear.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "odot/kernels/linear/cpu/linear.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t In, std::size_t Out, bool Bias = true>
using LinearLayer = Bound<nn::Linear<Out, nn::LinearOptions{.bias = Bias}>, Shape<In>>;
template <std::size_t Tokens, std::size_t In, std::size_t Out>
using TokenLinear = Bound<nn::Linear<Out>, Shape<Tokens, In>>;

}  // namespace

static_assert(LinearLayer<7, 5>::parameter_count == 7 * 5 + 5);
static_assert(LinearLayer<7, 5, false>::parameter_count == 7 * 5);
static_assert(!LinearLayer<7, 5>::couples_samples);
static_assert(TokenLinear<3, 7, 5>::parameter_count == 7 * 5 + 5, "the same for every token");
static_assert(std::is_same_v<TokenLinear<3, 7, 5>::output_shape, Shape<3, 5>>);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<LinearLayer<4, 3>> run(2);
  run.x = Batch<Shape<4>, double>(2, {1, 2, 3, 0,  //
                                      -1, 0, 2, 1});
  std::ranges::copy(std::vector<double>{1, 0, -1, 4,   //
                                        2, 1, 0.5, 0,  //
                                        0, 0, 0, 0},
                    run.parameter("weight").begin());
  std::ranges::copy(std::vector<double>{10, -10, 7}, run.parameter("bias").begin());
  run.forward();
  // 1·1 + 0 − 1·3 + 0 + 10 = 8,         2·1 + 1·2 + 0.5·3 − 10 = −4.5,  0 + 7
  // 1·(−1) + 0 − 1·2 + 4·1 + 10 = 11,   2·(−1) + 0 + 0.5·2 − 10 = −11,  0 + 7
  CHECK(difference(run.y.span(), std::vector<double>{8, -4.5, 7, 11, -11, 7}, 0) == "");
}

TEST_CASE("forward and backward match PyTorch") {
  const Reference reference("linear.txt");
  check_layer<LinearLayer<7, 5>>(reference, "bias", 1e-11);
  check_layer<LinearLayer<4, 3, false>>(reference, "no_bias", 1e-11);
  check_layer<LinearLayer<2, 1>>(reference, "many_samples", 1e-11);
  check_layer<TokenLinear<4, 5, 2>>(Reference("tokens.txt"), "linear", 1e-11);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<LinearLayer<7, 5>>());
  CHECK(check_gradients<LinearLayer<7, 5>>({.samples = 1}));
  CHECK(check_gradients<LinearLayer<4, 3, false>>({.samples = 2}));
  CHECK(check_gradients<TokenLinear<3, 4, 2>>());
  CHECK(check_gradients<TokenLinear<1, 2, 3>>());
  CHECK(check_gradients<TokenLinear<3, 1, 1>>());
}

TEST_CASE("of a sequence, every token goes through the layer by itself") {
  LayerRun<TokenLinear<3, 4, 2>> sequences(5);
  LayerRun<LinearLayer<4, 2>> tokens(15);
  sequences.draw();
  tokens.draw();  // the same numbers again
  sequences.forward();
  tokens.forward();
  CHECK(std::ranges::equal(sequences.y.span(), tokens.y.span()));
  sequences.backward();
  tokens.backward();
  CHECK(std::ranges::equal(sequences.dx.span(), tokens.dx.span()));
  CHECK(sequences.gradients == tokens.gradients);
}

TEST_CASE("any number of threads gives the same bits") { check_same_bits<TokenLinear<5, 7, 3>>(200); }
