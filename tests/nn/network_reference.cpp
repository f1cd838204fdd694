// SPDX-License-Identifier: MIT
// Two training steps of a small network with every kind of norm, against PyTorch.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "odot/cpu.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/adam.hpp"
#include "support/difference.hpp"
#include "support/reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<2, 6, 5>;
using Model =
    nn::Sequential<In, nn::AttentionWise<3, nn::AttentionWiseOptions{.heads = {.affine = true}, .norm = true}>,
                   nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 3, .stride = 2, .padding = 1}>, nn::BatchNorm2d<>,
                   nn::ReLU, nn::Flatten, nn::Linear<4>, nn::LogSoftmax>;

}  // namespace

TEST_CASE("loss, gradients, parameters, buffers and prediction match PyTorch over two steps") {
  const Reference reference("small_model.txt");
  Network<Model, Cpu, double> network{Seed{1}};
  for (const auto& info : network.parameter_table()) {
    CHECK(info.shape == reference.array(info.name).shape);
    std::ranges::copy(reference.values(info.name), network.parameter(info.name).begin());
  }
  for (const auto& info : network.buffer_table())
    std::ranges::copy(reference.values(info.name), network.buffer(info.name).begin());

  optim::Adam adam{{.learning_rate = 0.01}};
  for (const std::string step : {"step1.", "step2."}) {
    CAPTURE(step);
    const auto labels = reference.labels(step + "labels");
    Batch<In, double> x(labels.size());
    std::ranges::copy(reference.values(step + "x"), x.data());
    const nn::LossSums sums = network.compute_gradients(x, labels);
    CHECK(std::abs(sums.mean() - reference.number(step + "loss")) <= 1e-10);
    for (const auto& info : network.parameter_table()) {
      CAPTURE(info.name);
      const auto& expected = reference.values(step + "grad." + info.name);
      // A bias before a norm has no influence; what remains is rounding.
      if (info.name == "0.conv.bias" || info.name == "1.bias")
        CHECK(difference_within(network.gradient(info.name), expected, 1e-12) == "");
      else CHECK(difference(network.gradient(info.name), expected, 1e-9) == "");
    }
    adam.step(network);
    for (const auto& info : network.parameter_table()) {
      CAPTURE(info.name);
      CHECK(difference(network.parameter(info.name), reference.values(step + "after." + info.name), 1e-8) == "");
    }
    for (const auto& info : network.buffer_table()) {
      CAPTURE(info.name);
      CHECK(difference(network.buffer(info.name), reference.values(step + "after." + info.name), 1e-9) == "");
    }
    CHECK(difference(network.predict(x).span(), reference.values(step + "predicted"), 1e-8) == "");
  }
}
