// SPDX-License-Identifier: MIT
#include "odot/nn/embedding.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/layer_run.hpp"
#include "support/reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Layer = Bound<nn::Embedding<6, 5>, Shape<4>>;

/// The gradient of a batch of random tokens, every third of which is 0 or 1.
template <std::size_t Vocabulary, std::size_t Features>
std::vector<float> gradient(std::size_t samples, int threads) {
  LayerRun<Bound<nn::Embedding<Vocabulary, Features>, Shape<7>>, float> run(samples, threads);
  run.draw();
  const Random random(Seed{1}, 2);
  for (std::size_t i = 0; i < run.x.size(); ++i)
    run.x.data()[i] = static_cast<float>(random.bits(i) % (i % 3 == 0 ? 2 : Vocabulary));
  run.forward();
  run.backward(false);
  return run.gradients;
}

}  // namespace

static_assert(Layer::takes_indices && nn::Sequential<Shape<4>, nn::Embedding<6, 5>, nn::GELU>::takes_indices);
static_assert(!nn::Sequential<Shape<4>, nn::Linear<5>>::takes_indices);

TEST_CASE("forward and backward match PyTorch") {
  const Reference reference("embedding.txt");
  LayerRun<Layer> run(2);
  const auto fill = [&](auto target, const std::string& name) {
    for (std::size_t i = 0; i < target.size(); ++i) target[i] = reference.array(name).values[i];
  };
  fill(run.x.span(), "x");
  fill(run.dy.span(), "dy");
  fill(run.parameter("weight"), "weight");
  for (double& gradient : run.gradients) gradient = 0.5;  // backward adds to it
  run.forward();
  run.backward();
  CHECK(difference(run.y.span(), reference.array("y").values, 0) == "");
  for (double& gradient : run.gradients) gradient -= 0.5;
  CHECK(difference(run.gradient("weight"), reference.array("grad.weight").values, 1e-14) == "");
  for (const double dx : run.dx.span()) CHECK(dx == 0);
}

TEST_CASE("an index outside the table gives NaN and no gradient") {
  LayerRun<Layer> run(1);
  run.draw();
  for (const double wrong : {-1.0, 6.0, 1e30, std::nan("")}) {
    run.x = Batch<Shape<4>, double>(1, {2, wrong, 3, 2});
    run.gradients.assign(30, 0.0);
    run.forward();
    run.backward();
    CHECK((std::isnan(run.y.data()[5]) && !std::isnan(run.y.data()[4]) && !std::isnan(run.y.data()[10])));
    CHECK(run.gradient("weight")[10] == run.dy.data()[0] + run.dy.data()[15]);
    CHECK(run.gradient("weight")[25] == 0);
  }
}

TEST_CASE("any number of threads gives the same bits, and sums over many tokens stay exact") {
  CHECK(gradient<11, 19>(300, 1) == gradient<11, 19>(300, 3));
  LayerRun<Bound<nn::Embedding<2, 1>, Shape<7>>, float> run(30'000);
  for (float& x : run.x.span()) x = 1;
  for (float& dy : run.dy.span()) dy = 0.1f;
  run.forward();
  run.backward(false);
  CHECK(std::abs(run.gradients[1] / 21'000.0f - 1) <= 1e-6f);
}

TEST_CASE("a model of indices is trained on a set of indices, and streamed") {
  using Model = nn::Sequential<Shape<6>, nn::Embedding<5, 8>, nn::MeanTokens, nn::Linear<2>, nn::LogSoftmax>;
  data::Dataset<Shape<6>, std::int32_t> tokens{.name = "tokens", .classes = {"no 4", "a 4"}};
  const Random random(Seed{3}, 1);
  for (std::size_t n = 0; n < 200; ++n) {  // the label: whether there is a 4
    bool found = false;
    for (std::size_t l = 0; l < 6; ++l) {
      tokens.values.push_back(static_cast<std::int32_t>(random.bits(6 * n + l) % 5));
      found = found || tokens.values.back() == 4;
    }
    tokens.targets.push_back(found);
  }
  Network<Model> network{Seed{1}};
  optim::Adam adam{{.learning_rate = 0.05f}};
  fit(network, adam, tokens, {.epochs = 30, .batch_size = 20});
  Workspace<> workspace;
  CHECK(evaluate(network, workspace, tokens).accuracy() > 95);

  using Tokens = nn::Sequential<Shape<6>, nn::Embedding<5, 8>, nn::Linear<3>>;
  const Network<Tokens> each{Seed{1}};
  const auto batch = data::batch_of(tokens.first(2));
  const auto whole = each.predict(batch);
  Stream stream(each, 2);
  for (std::size_t l = 0; l < 6; ++l) {
    Batch<Shape<1>, std::int32_t> x(2);
    Batch<Shape<3>> y(2);
    for (std::size_t n = 0; n < 2; ++n) x.data()[n] = batch.data()[6 * n + l];
    stream.step(x, y);
    for (std::size_t n = 0; n < 2; ++n)
      CHECK(difference(std::span(y.data() + 3 * n, 3), std::span(whole.data() + (6 * n + l) * 3, 3), 1e-6) == "");
  }
}
