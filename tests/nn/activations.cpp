// SPDX-License-Identifier: MIT
// The layers that apply a function to every element, and the softmax.

#include "odot/nn/activation.hpp"
#include "odot/nn/elu.hpp"
#include "odot/nn/leaky_relu.hpp"
#include "odot/nn/sequential.hpp"
#include "odot/nn/sigmoid.hpp"
#include "odot/nn/silu.hpp"
#include "odot/nn/softmax.hpp"
#include "odot/nn/tanh.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Small = Shape<2, 5, 3>;
using Leaky2 = nn::LeakyReLU<nn::LeakyReLUOptions{.negative_slope = 0.2}>;
using Downwards = nn::LeakyReLU<nn::LeakyReLUOptions{.negative_slope = -0.5}>;
using HalfELU = nn::ELU<nn::ELUOptions{.alpha = 0.5}>;

template <class Description>
void check_function(const std::string& name) {
  check_layer<Bound<Description, Small>>(Reference("functions.txt"), name, 1e-11);
  check_layer<Bound<Description, Small>, float>(Reference("functions.txt"), name, 4e-7);
  CHECK(check_gradients<Bound<Description, Shape<3, 5>>>());
}

/// Value and slope at x, in float.
template <class Description>
std::pair<float, float> at(float x) {
  LayerRun<Bound<Description, Shape<1>>, float> run(1);
  run.x.data()[0] = x;
  run.dy.data()[0] = 1;
  run.forward();
  run.backward();
  return {run.y.data()[0], run.dx.data()[0]};
}

template <class Description>
std::string words() {
  nn::LayerParts parts;
  Bound<Description, Small>::describe(parts);
  return nn::joined_layers(parts);
}

}  // namespace

static_assert(Bound<nn::Sigmoid, Small>::in_place && Bound<nn::Tanh, Small>::in_place &&
              Bound<Leaky2, Small>::in_place);
static_assert(!Bound<Downwards, Small>::in_place && Bound<Downwards, Small>::backward_reads_input,
              "the sign of x can't be told from y");
static_assert(!Bound<nn::SiLU, Small>::in_place && !Bound<nn::ELU<>, Small>::in_place);
static_assert(Bound<nn::Softmax, Shape<4>>::in_place && !Bound<nn::Softmax, Shape<4>>::log_probabilities);

TEST_CASE("functions and their gradients match PyTorch and central differences") {
  check_function<nn::Sigmoid>("sigmoid");
  check_function<nn::Tanh>("tanh");
  check_function<nn::SiLU>("silu");
  check_function<nn::LeakyReLU<>>("leaky_relu");
  check_function<Leaky2>("leaky_relu_0.2");
  check_function<Downwards>("leaky_relu_negative");
  check_function<nn::ELU<>>("elu");
  check_function<HalfELU>("elu_0.5");
}

TEST_CASE("the softmax and its gradient match PyTorch and central differences") {
  const Reference reference("functions.txt");
  check_layer<Bound<nn::Softmax, Shape<6>>>(reference, "softmax", 1e-11);
  check_layer<Bound<nn::Softmax, Shape<6>>, float>(reference, "softmax", 1e-6);
  check_layer<Bound<nn::Softmax, Shape<4, 5>>>(reference, "softmax_tokens", 1e-11);
  CHECK(check_gradients<Bound<nn::Softmax, Shape<7>>>());
  CHECK(check_gradients<Bound<nn::Softmax, Shape<2, 3>>>());
}

TEST_CASE("functions are exact far from 0 and near it") {
  CHECK(at<nn::Sigmoid>(-200).first == 0);
  CHECK(at<nn::Sigmoid>(200).first == 1);
  CHECK(std::abs(at<nn::Sigmoid>(-80).first / std::exp(-80.0) - 1) <= 1e-6);
  CHECK(at<nn::Tanh>(1e-6f).first == 1e-6f);
  CHECK(at<nn::Tanh>(-1e30f).first == -1);
  for (const float x : {-1e30f, -200.0f}) {
    CHECK(at<nn::SiLU>(x).first == 0);
    CHECK(at<nn::SiLU>(x).second == 0);
    CHECK(at<nn::ELU<>>(x) == std::pair(-1.0f, 0.0f));
    CHECK(at<nn::SiLU>(-x) == std::pair(-x, 1.0f));
    CHECK(at<nn::ELU<>>(-x) == std::pair(-x, 1.0f));
  }
  for (const double x : {-1e-7, -1e-3, -0.4, -3.0, -20.0}) {
    const auto [value, slope] = at<nn::ELU<>>(static_cast<float>(x));
    CHECK(std::abs(value / std::expm1(static_cast<double>(static_cast<float>(x))) - 1) <= 1e-6);
    CHECK(std::abs(slope / std::exp(static_cast<double>(static_cast<float>(x))) - 1) <= 1e-6);
  }
  CHECK(at<nn::LeakyReLU<>>(0) == std::pair(0.0f, 0.01f));  // the slope at 0 is that below it
}

TEST_CASE("NaN stays NaN") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(at<nn::Sigmoid>(nan).first));
  CHECK(std::isnan(at<nn::Tanh>(nan).first));
  CHECK(std::isnan(at<nn::SiLU>(nan).first));
  CHECK(std::isnan(at<nn::LeakyReLU<>>(nan).first));
  CHECK(std::isnan(at<nn::ELU<>>(nan).first));
}

TEST_CASE("the softmax of logits of any size has the sum 1") {
  LayerRun<Bound<nn::Softmax, Shape<40>>, float> run(2);
  for (std::size_t i = 0; i < 80; ++i) run.x.data()[i] = static_cast<float>(i % 40) * (i < 40 ? 1.0f : 1e36f) - 20;
  run.predict();
  for (std::size_t n = 0; n < 2; ++n) {
    double sum = 0;
    for (std::size_t k = 0; k < 40; ++k) sum += static_cast<double>(run.y.data()[n * 40 + k]);
    CHECK(std::abs(sum - 1) <= 1e-6);
  }
  CHECK(run.y.data()[79] == 1);
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Bound<nn::SiLU, Shape<3, 7>>>(2001);
  check_same_bits<Bound<nn::ELU<>, Shape<3, 7>>, double>(2001);
  check_same_bits<Bound<nn::Softmax, Shape<37>>>(2001);
}

TEST_CASE("the description in words shows the options") {
  CHECK(words<nn::Sequential<nn::Sigmoid, nn::Tanh, nn::SiLU>>() == "sigmoid, tanh, silu");
  CHECK(words<nn::LeakyReLU<>>() == "leaky_relu(slope 0.01)");
  CHECK(words<HalfELU>() == "elu(alpha 0.5)");
}
