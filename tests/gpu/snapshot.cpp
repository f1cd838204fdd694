// SPDX-License-Identifier: MIT
// What is kept of networks and optimizers on the Gpu, and between the Gpu and the Cpu.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Model = nn::Sequential<Shape<2, 5, 4>, nn::AttentionWise<2, nn::AttentionWiseOptions{.norm = true}>, nn::Flatten,
                             nn::Named<"classifier", nn::Linear<4>>>;
using OnCpu = Network<Model>;
using OnGpu = Network<Model, Gpu>;

/// Other numbers in parameters and buffers than any seed gives.
OnCpu numbered_network() {
  OnCpu network{Seed{1}};
  for (std::size_t i = 0; i < network.parameters().size(); ++i) network.parameters()[i] = 0.25f * static_cast<float>(i);
  for (std::size_t i = 0; i < network.buffers().size(); ++i) network.buffers()[i] = 1 + static_cast<float>(i);
  return network;
}

template <class A, class B>
bool same_state(const A& a, const B& b) {
  const auto same = [](auto x, auto y) {
    return std::ranges::equal(on_host<typename A::device>(x), on_host<typename B::device>(y));
  };
  return same(a.parameters(), b.parameters()) && same(a.buffers(), b.buffers());
}

bool same_arrays(const Snapshot& a, const Snapshot& b) {
  return std::ranges::equal(a.arrays(), b.arrays(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.shape == y.shape && x.type == y.type && x.bytes == y.bytes;
  });
}

template <class Net>
void set_gradients(Net& network, std::size_t step) {
  std::vector<float> values(network.gradients().size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(hash_uniform(1000 * step + i));
  Net::device::copy_from_host(network.gradients().data(), values.data(), values.size() * sizeof(float));
}

template <class Net, class Optimizer>
void steps(Net& network, Optimizer& optimizer, std::size_t from, std::size_t to) {
  for (std::size_t s = from; s < to; ++s) {
    set_gradients(network, s);
    optimizer.step(network);
  }
}

}  // namespace

TEST_CASE("a snapshot goes from either device to the other") {
  const OnCpu cpu = numbered_network();
  OnGpu gpu{Seed{2}};
  CHECK_FALSE(same_state(gpu, cpu));
  gpu.restore(cpu.snapshot());
  CHECK(same_state(gpu, cpu));
  CHECK(same_arrays(gpu.snapshot(), cpu.snapshot()));
  OnCpu back{Seed{3}};
  back.restore(gpu.snapshot());
  CHECK(same_state(back, cpu));
}

TEST_CASE("what does not fit changes nothing on the Gpu") {
  OnGpu gpu{Seed{2}};
  const OnGpu before{Seed{2}};
  const std::vector<float> four(4);
  Snapshot wrong;
  wrong.add("classifier.bias", {4}, std::span<const float>(four));
  CHECK_THROWS_WITH_AS(gpu.restore(wrong), doctest::Contains("missing: 0.heads.weight_x"), ArgumentError);
  CHECK(same_state(gpu, before));
  CHECK(gpu.restore(wrong, {.partial = true}).missing.size() == 11);
  CHECK(on_host<Gpu>(gpu.parameter("classifier.bias")) == four);
}

TEST_CASE("weights are copied between networks on the Gpu, and between the devices, of either scalar") {
  const OnCpu cpu = numbered_network();
  OnGpu first{Seed{2}}, second{Seed{3}};
  first.copy_weights_from(cpu);
  second.copy_weights_from(first);
  CHECK(same_state(second, cpu));
  Network<Model, Cpu, double> wide{Seed{4}};
  wide.copy_weights_from(second);
  CHECK(same_state(wide, cpu));
}

TEST_CASE("one parameter on the Gpu is set from the host") {
  OnGpu gpu{Seed{2}};
  const std::vector<double> values{1, 2, 3, 4};
  gpu.set_parameter("classifier.bias", values);
  CHECK(on_host<Gpu>(gpu.parameter("classifier.bias")) == std::vector<float>{1, 2, 3, 4});
  CHECK_THROWS_AS(gpu.set_parameter("0.conv.bias", values), ArgumentError);
}

TEST_CASE("an optimizer's state on the Gpu is kept and restored, and goes from the Cpu to the Gpu") {
  OnGpu gpu{Seed{2}}, other{Seed{3}};
  optim::Adam first{{.weight_decay = 0.1}, {{"*.bias", {.learning_rate = 0.1}}}},
      second{{.weight_decay = 0.1}, {{"*.bias", {.learning_rate = 0.1}}}};
  steps(gpu, first, 0, 3);
  other.restore(gpu.snapshot());
  second.restore(first.snapshot(gpu), other);
  CHECK(same_arrays(second.snapshot(other), first.snapshot(gpu)));
  steps(gpu, first, 3, 5);
  steps(other, second, 3, 5);
  CHECK(same_state(gpu, other));
  CHECK(second.steps() == 5);

  OnCpu cpu{Seed{2}};
  optim::SGD on_cpu{{.momentum = 0.9}}, on_gpu{{.momentum = 0.9}};
  steps(cpu, on_cpu, 0, 2);
  on_gpu.restore(on_cpu.snapshot(cpu), gpu);
  CHECK(same_arrays(on_gpu.snapshot(gpu), on_cpu.snapshot(cpu)));
}

TEST_CASE("the best weights of a network on the Gpu are kept in the host's memory") {
  OnGpu gpu{Seed{2}};
  gpu.copy_weights_from(numbered_network());
  KeepBest best(gpu);
  best.on_epoch({.epoch = 1, .test_loss = 1});
  gpu.copy_weights_from(OnGpu{Seed{5}});
  best.on_epoch({.epoch = 2, .test_loss = 2});
  CHECK(best.restore());
  CHECK(same_state(gpu, numbered_network()));
}
