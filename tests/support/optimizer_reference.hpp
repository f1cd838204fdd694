#pragma once
// SPDX-License-Identifier: MIT
// Compares an optimizer with ten steps of PyTorch's along given gradients.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "odot/kernels/count_beyond.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "support/difference.hpp"
#include "support/reference.hpp"

namespace odot::test {

/// The network of the references: parameters 0.weight [3, 4], 0.bias, 1.weight [2, 3], 1.bias.
template <class Scalar>
using LinearPair = Network<nn::Sequential<Shape<4>, nn::Linear<3>, nn::Linear<2>>, Cpu, Scalar>;

template <class Optimizer>
void check_ten_steps(const Reference& reference, const std::string& name, Optimizer optimizer) {
  CAPTURE(name);
  LinearPair<double> network{Seed{1}};
  const std::size_t size = network.parameters().size();
  REQUIRE(reference.array(name + ".results").shape == std::vector<std::size_t>{10, size});
  std::ranges::copy(reference.values(name + ".start"), network.parameters().begin());
  for (std::size_t step = 0; step < 10; ++step) {
    CAPTURE(step);
    const auto row = [&](const char* array) {
      return std::span(reference.values(name + array)).subspan(step * size, size);
    };
    std::ranges::copy(row(".gradients"), network.gradients().begin());
    optimizer.step(network);
    CHECK(optimizer.steps() == step + 1);
    CHECK(difference(network.parameters(), row(".results"), 1e-11) == "");
    CHECK(difference(network.gradients(), row(".gradients"), 0) == "");
  }
}

}  // namespace odot::test
