// SPDX-License-Identifier: MIT
#include "odot/data/reconstruction.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "odot/data/augment.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/regression_loss.hpp"
#include "odot/optim/adam.hpp"
#include "odot/train/fit.hpp"
#include "support/augment_cases.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Whether every batch has the samples of the set's own loader, and the same as targets.
template <class Set>
void check_batches(const Set& set) {
  const auto own = data::reconstruction(set);
  data::Loader<Set> plain(set, 7);
  data::Loader<data::Reconstruction<Set>> loader(own, 7);
  REQUIRE(loader.count() == 5);
  for (const std::uint64_t epoch : {0u, 1u, 2u}) {
    if (epoch > 0) plain.shuffle(Seed{3}, epoch), loader.shuffle(Seed{3}, epoch);
    for (std::size_t b = 0; b < 5; ++b) {
      const auto expected = plain.load(b).x.span();
      const auto batch = loader.load(b);
      CHECK(batch.x.samples() == loader.size(b));
      CHECK(std::ranges::equal(batch.x.span(), expected));
      CHECK(std::ranges::equal(batch.targets, expected));
      CHECK(std::ranges::equal(loader.samples(b), plain.samples(b)));
    }
  }
  CHECK(loader.size(4) == 2);
}

}  // namespace

TEST_CASE("samples of bytes and of floats are their own targets, changed or not, in any order") {
  const auto bytes = pictures<std::uint8_t>(30);
  check_batches(bytes);
  check_batches(pictures<float>(30));
  const auto changed = data::augmented(bytes, {.flip = 0.5, .shift = 2});
  check_batches(changed);
}

TEST_CASE("the loss of an output of zeros is the samples' mean square") {
  const auto set = pictures<std::uint8_t>(30);
  double squares = 0;
  for (const std::uint8_t byte : set.values) squares += byte / 255.0 * (byte / 255.0);
  using Model = nn::Sequential<Picture, nn::Flatten, nn::Linear<Picture::size>>;
  const Network<Model, Cpu, double> zero(Seed{1}, nn::init::normal(0));
  Workspace<Cpu> workspace;
  const nn::LossSums sums = evaluate<nn::MeanSquaredError>(zero, workspace, data::reconstruction(set));
  CHECK(sums.samples == 30);
  CHECK(sums.mean() == doctest::Approx(squares / static_cast<double>(set.values.size())).epsilon(1e-12));
}

TEST_CASE("fit finds the plane that samples lie in") {
  // Ten numbers each, of two that are drawn.
  data::Dataset<Shape<10>, float> set{.name = "plane", .targets = std::vector<std::int32_t>(200)};
  const Random random(Seed{2});
  for (std::size_t n = 0; n < 200; ++n)
    for (std::size_t i = 0; i < 10; ++i)
      set.values.push_back(static_cast<float>(random.normal(2 * n) * random.normal(1000 + i) +
                                              random.normal(2 * n + 1) * random.normal(2000 + i)));
  const auto trained = [&]<std::size_t Code>() {
    Network<nn::Sequential<Shape<10>, nn::Linear<Code>, nn::Linear<10>>> network(Seed{1}, nn::init::xavier());
    optim::Adam adam{{.learning_rate = 0.02}};
    const auto own = data::reconstruction(set);
    return fit<nn::MeanSquaredError>(network, adam, own, own, {.epochs = 200, .batch_size = 50}).test_loss;
  };
  CHECK(trained.operator()<2>() <= 1e-3);
  CHECK(trained.operator()<1>() >= 0.05);
}
