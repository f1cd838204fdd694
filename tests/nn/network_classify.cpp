// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/allocations.hpp"
#include "odot/core/error.hpp"
#include "odot/cpu.hpp"
#include "support/classify_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("classify gives the place of predict's largest output") { check_classify_against_predict<Cpu>(); }

TEST_CASE("of equal outputs classify takes the first, and NaN before all") { check_classify_chosen_outputs<Cpu>(); }

TEST_CASE("classify takes the lengths of sequences") { check_classify_sequences<Cpu>(); }

TEST_CASE("classify agrees with what a loss counts as correct") {
  Network<nn::Sequential<Shape<6>, nn::Linear<4>, nn::LogSoftmax>> network(Seed{5}, nn::init::normal(0.5));
  Batch<Shape<6>> x(3);
  std::ranges::copy(hash_uniform<float>(x.size(), 0), x.data());
  std::vector<std::int32_t> labels = network.classify(x);
  CHECK(network.compute_gradients(x, labels).correct == 3);
  labels[1] = (labels[1] + 1) % 4;
  CHECK(network.compute_gradients(x, labels).correct == 2);
}

TEST_CASE("a second classify with the same workspace allocates nothing") {
  const Network<nn::Sequential<Shape<6>, nn::Linear<4>, nn::LogSoftmax>> network(Seed{5});
  const Batch<Shape<6>> x(40);
  std::vector<std::int32_t> labels(40);
  Workspace<Cpu> workspace(1);
  network.classify(x, labels, workspace);
  const std::size_t before = allocations();
  network.classify(x, labels, workspace);
  CHECK(allocations() == before);
}

TEST_CASE("classify rejects other numbers of labels") {
  const Network<nn::Sequential<Shape<6>, nn::Linear<4>, nn::LogSoftmax>> network(Seed{5});
  const Batch<Shape<6>> x(3);
  std::vector<std::int32_t> labels(2);
  Workspace<Cpu> workspace(1);
  try {
    network.classify(x, labels, workspace);
    FAIL("no error");
  } catch (const ArgumentError& error) {
    CHECK(std::string(error.what()) ==
          "odot::Network::classify: x has 3 samples, and there is room for 2 labels; the numbers must be equal");
  }
}
