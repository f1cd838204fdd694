// SPDX-License-Identifier: MIT
#include "../../examples/layer_steps.hpp"

#include <doctest/doctest.h>
#include <odot/odot.hpp>

#include <cstddef>
#include <numeric>
#include <vector>

#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;

namespace {

using Image = Shape<1, 5, 4>;

/// Checks the steps of a network of two layers with two heads against the network itself.
template <nn::AttentionWiseOptions Options>
void check_steps(std::size_t steps) {
  using Layer = nn::AttentionWise<2, Options>;
  Network<nn::Sequential<Image, Layer, Layer>> network(Seed{3}, nn::init::normal(0.5), 1);
  for (const char* layer : {"0", "1"}) {  // statistics that don't belong to a batch
    network.set_buffer(std::string(layer) + ".heads.running_mean", std::vector<double>{0.04, 0.06});
    network.set_buffer(std::string(layer) + ".heads.running_var", std::vector<double>{2e-4, 3e-4});
  }
  std::vector<float> x;
  for (const double u : test::hash_uniform(Image::size, 5)) x.push_back(static_cast<float>(0.5 + 0.5 * u));
  const figures::Insides insides = figures::attention_insides<Image, 2>(network.snapshot(), {1, 5, 4, x}, Options.skip);
  REQUIRE(insides.layers.size() == 2);
  REQUIRE(insides.layers[0].size() == steps);
  const auto y = network.predict({x.data(), 1});
  const std::vector<double> expected(y.data(), y.data() + Image::size);
  CHECK(test::difference(insides.layers[1].back().maps.values, expected, 1e-5) == "");
  CHECK(std::accumulate(expected.begin(), expected.end(), 0.0) > 0);
}

}  // namespace

TEST_CASE("the steps of a layer end in what the network computes") {
  check_steps<nn::AttentionWiseOptions{}>(4);
  check_steps<nn::AttentionWiseOptions{.norm = true}>(5);
  check_steps<nn::AttentionWiseOptions{.skip = false}>(3);
}

TEST_CASE("a head's softmaxes add up to 1 along rows and columns, and the relevance is their product") {
  const Network<nn::Sequential<Image, nn::AttentionWise<2>>> network(Seed{3}, nn::init::normal(2), 1);
  const figures::Maps x{1, 5, 4, std::vector<float>(Image::size, 0.75f)};
  const auto steps = figures::head_steps<Image, 2>(network.snapshot().part("0."), 1, x);
  REQUIRE(steps.size() == 7);
  const auto weights = network.snapshot().values<float>("0.heads.weight_x");
  const auto &scores = steps[1].maps.values, &rows = steps[2].maps.values, &columns = steps[5].maps.values;
  for (std::size_t i = 0; i < Image::size; ++i) {
    CHECK(scores[i] == 0.75f * weights[Image::size + i]);
    CHECK(steps[6].maps.values[i] == rows[i] * columns[i]);
  }
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(rows[4 * i] + rows[4 * i + 1] + rows[4 * i + 2] + rows[4 * i + 3] == doctest::Approx(1));
  for (std::size_t j = 0; j < 4; ++j)
    CHECK(columns[j] + columns[4 + j] + columns[8 + j] + columns[12 + j] + columns[16 + j] == doctest::Approx(1));
}
