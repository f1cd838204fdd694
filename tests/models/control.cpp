// SPDX-License-Identifier: MIT
// The control model on small images: all of its layers, a step in milliseconds.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "core/allocations.hpp"
#include "odot/cpu.hpp"
#include "odot/models/element_wise_attention.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/adam.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Image = Shape<1, 4, 8>;
using Control = models::Control<Image>;
constexpr std::size_t samples = 19;  // more than a register holds

Batch<Image> images() {
  Batch<Image> x(samples);
  std::ranges::copy(hash_uniform<float>(x.size(), 0), x.data());
  return x;
}

std::vector<std::int32_t> labels() {
  std::vector<std::int32_t> result(samples);
  for (std::size_t i = 0; i < samples; ++i) result[i] = static_cast<std::int32_t>(i % 10);
  return result;
}

}  // namespace

TEST_CASE("training steps give the same bits on 1, 2 and 3 threads, and allocate nothing after the first") {
  const auto x = images();
  const auto targets = labels();
  std::vector<float> on_one_thread;
  for (const int threads : {1, 2, 3}) {
    Network<Control> network{Seed{1}, nn::init::kaiming(), threads};
    optim::Adam adam;
    std::array<std::size_t, 2> counts{};
    for (std::size_t step = 0; step < 2; ++step) {
      network.compute_gradients(x, targets);
      adam.step(network);
      counts[step] = allocations();
    }
    CHECK(counts[1] == counts[0]);
    const std::vector<float> parameters(network.parameters().begin(), network.parameters().end());
    if (threads == 1) on_one_thread = parameters;
    CHECK(parameters == on_one_thread);
  }
  CHECK(difference(on_one_thread, on_one_thread, 0) == "");  // finite, not all zero
}

TEST_CASE("a few steps lower the loss of a small batch") {
  Network<Control> network{Seed{1}, nn::init::kaiming()};
  optim::Adam adam;
  const auto x = images();
  const auto targets = labels();
  const double before = network.compute_gradients(x, targets).loss / samples;
  CHECK(std::abs(before - std::log(10.0)) <= 1);
  for (int step = 0; step < 5; ++step) {
    network.compute_gradients(x, targets);
    network.check_gradients_finite();
    adam.step(network);
  }
  const nn::LossSums after = network.compute_gradients(x, targets);
  CHECK(after.loss / samples <= 0.8 * before);
}
