// SPDX-License-Identifier: MIT
// A whole training step of model B against PyTorch: loss, every gradient, every updated parameter.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/models/element_wise_attention.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/adam.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr double learning_rate = 1e-3, eps = 1e-8;

/// The initial weights of generate.py: a formula of the position in the block, smaller outside of the heads.
template <class Scalar>
Network<models::ModelB, Cpu, Scalar> initial_network() {
  Network<models::ModelB, Cpu, Scalar> network{Seed{1}};
  for (const auto& info : network.parameter_table()) {
    const double scale = info.name.find(".heads.") == std::string::npos ? 0.125 : 1.0;
    for (std::size_t i = info.offset; i < info.offset + info.size; ++i)
      network.parameters()[i] = static_cast<Scalar>(scale * hash_uniform(i));
  }
  return network;
}

/// Five images of formula pixels, 0 … 255 over 255.
template <class Scalar>
Batch<models::FashionMnistImage, Scalar> pixels() {
  Batch<models::FashionMnistImage, Scalar> x(5);
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<Scalar>(std::floor((hash_uniform(1'000'000 + i) + 1) * 128) / 255);
  return x;
}

/// `tolerance`: of outputs and gradients, relative to each array's largest number.
template <class Scalar>
void check_step(double tolerance) {
  const Reference reference("model_b_step.txt");
  auto network = initial_network<Scalar>();
  const std::vector<Scalar> start(network.parameters().begin(), network.parameters().end());
  const auto x = pixels<Scalar>();

  for (const auto& info : network.buffer_table())  // PyTorch's start
    if (info.init == nn::Init::zero && info.name.ends_with("running_var"))
      network.set_buffer(info.name, std::vector<double>(info.size, 1.0));
  const nn::LossSums sums = network.compute_gradients(x, reference.labels("labels"));
  CHECK(sums.samples == 5);
  CHECK(std::abs(sums.loss / 5 - reference.number("loss")) <= tolerance);
  for (const auto& info : network.buffer_table()) {
    CAPTURE(info.name);
    CHECK(difference(network.buffer(info.name), reference.values("after." + info.name), tolerance) == "");
  }
  for (const auto& info : network.parameter_table()) {
    CAPTURE(info.name);
    CHECK(difference(network.gradient(info.name), reference.values("grad." + info.name), tolerance) == "");
  }

  optim::Adam adam{{.learning_rate = learning_rate, .eps = eps}};
  adam.step(network);
  for (const auto& info : network.parameter_table()) {
    CAPTURE(info.name);
    const auto &gradient = reference.values("grad." + info.name), &move = reference.values("move." + info.name);
    const double largest = std::abs(*std::ranges::max_element(gradient, {}, [](double g) { return std::abs(g); }));
    std::size_t wrong = 0, still = 0;
    for (std::size_t i = 0; i < info.size; ++i) {
      const double moved =
          (static_cast<double>(network.parameters()[info.offset + i]) - static_cast<double>(start[info.offset + i])) /
          learning_rate;
      // A first step moves by g/(|g| + eps) learning rates: next to zero, small errors of g count.
      const double sensitivity = eps / std::pow(std::abs(gradient[i]) + eps, 2);
      const double rounding = static_cast<double>(std::numeric_limits<Scalar>::epsilon()) / learning_rate;
      wrong += !(std::abs(moved - move[i]) <= 1e-6 + rounding + std::min(2.0, sensitivity * tolerance * largest));
      still += moved == 0;
    }
    CHECK(wrong == 0);
    CHECK(still <= info.size / 100);
  }
}

}  // namespace

// generate.py rounds the gradients to single precision in its file: 6e-8 of each number.
TEST_CASE("a training step matches PyTorch") { check_step<double>(1e-7); }

TEST_CASE("a training step in single precision matches PyTorch") { check_step<float>(2e-5); }
