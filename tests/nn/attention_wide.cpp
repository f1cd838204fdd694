// SPDX-License-Identifier: MIT
// Attention-wise layers of signals: nothing on the stack may grow with the image. (A thread's stack is 8 MiB here, and often
// less; one register per column of these images is 6.4 MB.)

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Equal scores: A = 1/length, and without a norm y = x / length. Small scores, then large ones.
template <ShapeType In>
void check_heads() {
  using Model =
      nn::Sequential<In, nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>, nn::Flatten, nn::Linear<2>>;
  Network<nn::Sequential<In, nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>>> network(Seed{1});
  Network<Model> trained(Seed{1});
  for (const auto& [value, weight] : {std::pair{1.0f, 0.0f}, {1.0f, 300.0f}, {0.7f, 0.5f}, {0.7f, 1.3f}}) {
    CAPTURE(weight);
    for (float& w : network.parameters()) w = weight;
    Batch<In> x(3);
    for (float& to : x.span()) to = value;
    const auto outputs = network.predict(x);
    for (const float y : outputs.span()) REQUIRE(std::abs(y * In::size / value - 1) <= 2e-6f);
  }
  Batch<In> x(3);
  for (float& value : x.span()) value = 1;
  const std::vector<float> targets(6, 1.0f);
  CHECK(
      std::isfinite(trained.template compute_gradients<nn::MeanSquaredError>(x, std::span<const float>(targets)).loss));
}

template <ShapeType In>
void check_block(float size) {
  using Model = nn::Sequential<In, nn::AttentionWise<1>, nn::Flatten, nn::Linear<2>>;
  Network<Model> network(Seed{1});
  for (float& w : network.parameters()) w *= size;
  Batch<In> x(17);
  for (float& value : x.span()) value = 1;
  x.data()[0] = 3;
  const std::vector<float> targets(34, 1.0f);
  CHECK(std::isfinite(network.predict(x).data()[0]));
  Batch<In> one(1);
  CHECK(std::isfinite(network.predict(one).data()[0]));
  CHECK(
      std::isfinite(network.template compute_gradients<nn::MeanSquaredError>(x, std::span<const float>(targets)).loss));
}

/// Outputs and gradients in float are those in double.
template <nn::BoundLayer Layer>
void check_precision(std::size_t samples) {
  CAPTURE(Layer::input_shape::extents[1]);
  CAPTURE(samples);
  LayerRun<Layer, double> wide(samples);
  LayerRun<Layer, float> run(samples);
  wide.draw();
  for (std::size_t i = 0; i < wide.x.size(); ++i) wide.x.data()[i] = run.x.data()[i] = 1 + float(wide.x.data()[i]) / 4;
  for (std::size_t i = 0; i < wide.dy.size(); ++i)
    wide.dy.data()[i] = run.dy.data()[i] = 1 + float(wide.dy.data()[i]) / 4;
  for (std::size_t i = 0; i < wide.parameters.size(); ++i)
    wide.parameters[i] = run.parameters[i] = 1 + float(wide.parameters[i]) / 4;
  wide.forward(), run.forward();
  CHECK(difference(run.y.span(), wide.y.span(), 5e-6) == "");
  wide.backward(), run.backward();
  CHECK(difference(run.dx.span(), wide.dx.span(), 5e-6) == "");
  for (const auto& info : wide.parameter_table) {
    CAPTURE(info.name);
    CHECK(difference(run.gradient(info.name), wide.gradient(info.name), 2e-5) == "");
  }
  wide.predict(), run.predict();
  CHECK(difference(run.y.span(), wide.y.span(), 5e-6) == "");
}

template <std::size_t H, std::size_t W>
struct Heads : Bound<nn::AttentionHeads<1>, Shape<1, H, W>> {};
template <std::size_t H, std::size_t W>
struct Block : Bound<nn::AttentionBlock<1, nn::AttentionBlockOptions{.heads = {.norm = false}}>, Shape<1, H, W>> {};

}  // namespace

TEST_CASE("heads of signals of 100,000 columns or rows are what they are of short ones") {
  check_heads<Shape<1, 1, 100'000>>();
  check_heads<Shape<1, 100'000, 1>>();
}

TEST_CASE("attention-wise layers predict and train on signals of 100,000 columns or rows") {
  for (const float size : {1.0f, 300.0f}) {
    check_block<Shape<1, 1, 100'000>>(size);
    check_block<Shape<1, 100'000, 1>>(size);
  }
}

TEST_CASE("outputs and gradients of long rows and columns are as in double") {
  for (const std::size_t samples : {1u, 17u}) {
    check_precision<Heads<2, 20'000>>(samples);
    check_precision<Heads<20'000, 2>>(samples);
    check_precision<Heads<67, 71>>(samples);
    check_precision<Block<2, 20'000>>(samples);
    check_precision<Block<20'000, 2>>(samples);
    check_precision<Block<67, 71>>(samples);
  }
}
