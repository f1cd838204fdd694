// SPDX-License-Identifier: MIT
#include "odot/nn/frozen.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "odot/odot.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Model = nn::Sequential<Shape<2, 3, 3>, nn::BatchNorm2d<>, nn::Flatten, nn::Linear<4>, nn::ReLU, nn::Linear<3>>;

std::vector<float> copy(const auto& range) { return {range.begin(), range.end()}; }

/// Steps along gradients of a formula.
template <class Optimizer>
void train(Network<Model>& network, Optimizer& optimizer, int steps) {
  Batch<Shape<2, 3, 3>> x(6);
  std::ranges::copy(hash_uniform<float>(x.size(), 0), x.data());
  const std::vector<std::int32_t> labels{0, 1, 2, 2, 1, 0};
  for (int s = 0; s < steps; ++s) {
    network.compute_gradients<nn::CrossEntropy>(x, labels);
    optimizer.step(network);
  }
}

std::string text(const std::vector<nn::BlockRange>& ranges) {
  std::string all;
  for (const nn::BlockRange& s : ranges) all += std::to_string(s.offset) + "+" + std::to_string(s.size) + " ";
  return all;
}

}  // namespace

TEST_CASE("ranges are joined, removed, and cut out of others") {
  Network<Model> network{Seed{1}};  // 2 + 2, 72 + 4, 12 + 3
  network.freeze("2.*");
  CHECK(text(network.frozen()) == "4+76 ");
  network.freeze("*.bias");
  CHECK(text(network.frozen()) == "2+78 92+3 ");
  network.unfreeze("2.weight");
  CHECK(text(network.frozen()) == "2+2 76+4 92+3 ");
  std::vector<nn::BlockRange> free;
  nn::for_each_trainable(network.frozen(), {3, 90}, [&](const nn::BlockRange& s) { free.push_back(s); });
  CHECK(text(free) == "4+72 80+12 ");
  free.clear();
  nn::for_each_trainable(network.frozen(), {92, 3}, [&](const nn::BlockRange& s) { free.push_back(s); });
  CHECK(free.empty());
  network.unfreeze();
  CHECK(network.frozen().empty());
  CHECK_THROWS_WITH_AS(
      network.freeze("3.*"),
      "odot::Network::freeze: \"3.*\" matches no parameter; see Network::parameter_table() for the names",
      ArgumentError);
}

TEST_CASE("frozen parameters do not change, whatever the optimizer adds to gradients; the others change as before") {
  const auto check = [](auto make) {
    Network<Model> network{Seed{1}}, plain{Seed{1}};
    auto optimizer = make(), other = make();
    train(network, optimizer, 2);  // momentum and moments are not 0
    train(plain, other, 2);
    network.freeze("2.*");
    const std::vector<float> before = copy(network.parameters());
    const std::vector<float> statistics = copy(network.buffers());
    train(network, optimizer, 1);
    train(plain, other, 1);
    for (std::size_t i = 0; i < before.size(); ++i) {
      CAPTURE(i);
      const bool frozen = i >= 4 && i < 80;
      CHECK(network.parameters()[i] == (frozen ? before[i] : plain.parameters()[i]));
      if (frozen) CHECK(network.gradients()[i] == 0);
    }
    CHECK(!std::ranges::equal(copy(network.parameters()), before));
    CHECK(!std::ranges::equal(copy(network.buffers()), statistics));  // a batch norm's statistics move
    network.unfreeze();
    train(network, optimizer, 1);
    CHECK(network.parameters()[10] != before[10]);
  };
  check([] { return optim::SGD{{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1}}; });
  check([] { return optim::Adam{{.weight_decay = 0.1}, {{"*.bias", {.learning_rate = 0.01}}}}; });
  check([] { return optim::AdamW{{.weight_decay = 0.1}}; });
}

TEST_CASE("gradients are clipped by the norm of the parameters that are not frozen") {
  Network<Model> network{Seed{1}};
  network.freeze("*");
  network.unfreeze("4.*");
  optim::SGD sgd{{.learning_rate = 0}};
  train(network, sgd, 1);
  double squares = 0;
  for (const float g : network.gradient("4.weight")) squares += double{g} * double{g};
  for (const float g : network.gradient("4.bias")) squares += double{g} * double{g};
  CHECK(std::abs(optim::clip_gradients(network, 1e9) - std::sqrt(squares)) <= 1e-6);
}

TEST_CASE("micro-batches give a batch's gradient, to rounding; a batch norm sees each by itself") {
  using Plain = nn::Sequential<Shape<5>, nn::Linear<4>, nn::ReLU, nn::Linear<3>>;
  Batch<Shape<5>> x(50);
  std::ranges::copy(hash_uniform<float>(x.size(), 0), x.data());
  std::vector<std::int32_t> labels(50);
  for (std::size_t n = 0; n < 50; ++n) labels[n] = static_cast<std::int32_t>(n % 3);
  const nn::CrossEntropy loss{.class_weights = {1, 2, 5}};  // the mean is over the whole batch
  Network<Plain> network{Seed{1}};
  nn::LossSums whole, parts;
  network.backpropagate(loss, x, labels, &whole);
  const std::vector<float> gradients = copy(network.gradients());
  network.backpropagate(loss, x, labels, &parts, nullptr, 16);
  CHECK(std::abs(whole.loss - parts.loss) <= 1e-12 * whole.loss);
  CHECK(parts.samples == 50);
  for (std::size_t i = 0; i < gradients.size(); ++i) CHECK(std::abs(network.gradients()[i] - gradients[i]) <= 1e-6f);

  const auto set = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 300, 10).train;
  const auto trained = [&]<class Of>(Of*, std::size_t micro_batch_size) {
    Network<Of> of{Seed{1}};
    optim::SGD sgd{{.learning_rate = 0.1}};
    fit<nn::CrossEntropy>(of, sgd, set, {.epochs = 1, .batch_size = 128, .micro_batch_size = micro_batch_size});
    return copy(of.parameters());
  };
  using Linear = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<10>>;
  using Normed = nn::Sequential<Shape<1, 28, 28>, nn::BatchNorm2d<>, nn::Flatten, nn::Linear<10>>;
  const auto at_once = trained(static_cast<Linear*>(nullptr), 0), in_parts = trained(static_cast<Linear*>(nullptr), 30);
  double largest = 0;
  for (std::size_t i = 0; i < at_once.size(); ++i)
    largest = std::max(largest, std::abs(double{at_once[i]} - double{in_parts[i]}));
  CHECK(largest > 0);
  CHECK(largest <= 1e-6);
  CHECK(trained(static_cast<Normed*>(nullptr), 0) != trained(static_cast<Normed*>(nullptr), 30));
  CHECK(trained(static_cast<Normed*>(nullptr), 0) == trained(static_cast<Normed*>(nullptr), 128));
}
