// SPDX-License-Identifier: MIT
// Network's training step: pieces, threads, memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/allocations.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/network.hpp"
#include "odot/optim/adam.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<2, 3, 5>;
template <nn::AttentionWiseOptions Options>
using Model = nn::Sequential<In, nn::AttentionWise<2, Options>, nn::Flatten, nn::Linear<4>, nn::LogSoftmax>;

using Plain = Model<nn::AttentionWiseOptions{.heads = {.norm = false}}>;
using Normed = Model<nn::AttentionWiseOptions{.norm = true}>;

/// The same model, but it goes through in one piece.
struct PlainInOnePiece : Plain {
  static constexpr bool couples_samples = true;
};

template <class Scalar>
Batch<In, Scalar> images(std::size_t samples) {
  Batch<In, Scalar> x(samples);
  std::ranges::copy(hash_uniform<Scalar>(x.size(), 0), x.data());
  return x;
}

std::vector<std::int32_t> labels(std::size_t samples) {
  std::vector<std::int32_t> result(samples);
  for (std::size_t i = 0; i < samples; ++i) result[i] = static_cast<std::int32_t>(i * 7 % 4);
  return result;
}

/// Every number that three training steps leave in a network.
template <class M, class Scalar = float>
std::vector<Scalar> after_three_steps(int threads) {
  Network<M, Cpu, Scalar> network{Seed{1}, nn::init::normal(0.3), threads};
  optim::Adam adam;
  const Batch<In, Scalar> x = images<Scalar>(700);
  for (int step = 0; step < 3; ++step) {
    network.compute_gradients(x, labels(700));
    adam.step(network);
  }
  std::vector<Scalar> all;
  for (const auto block : {network.parameters(), network.gradients(), network.buffers()})
    all.insert(all.end(), block.begin(), block.end());
  return all;
}

}  // namespace

static_assert(!Plain::couples_samples && Normed::couples_samples);

TEST_CASE("a batch in pieces gives the gradients and sums of one piece") {
  constexpr std::size_t samples = 2 * 1024 + 37;  // a piece holds at most 1024 samples
  const auto x = images<double>(samples);
  const auto targets = labels(samples);
  Network<Plain, Cpu, double> pieces{Seed{1}, nn::init::normal(0.3)};
  Network<PlainInOnePiece, Cpu, double> whole{Seed{1}, nn::init::normal(0.3)};
  const nn::LossSums a = pieces.compute_gradients(x, targets), b = whole.compute_gradients(x, targets);
  CHECK(std::abs(a.loss - b.loss) <= 1e-10 * b.loss);
  CHECK(a.correct == b.correct);
  CHECK(a.samples == samples);
  for (const auto& info : whole.parameter_table())
    CHECK(difference(pieces.gradient(info.name), whole.gradient(info.name), 1e-12) == "");
}

TEST_CASE("the loss is the mean over the batch, and each call starts from zero gradients") {
  Network<Plain, Cpu, double> network{Seed{1}, nn::init::normal(0.3)};
  const auto x = images<double>(6);
  const auto targets = labels(6);
  std::vector<double> mean(network.gradients().size());
  double loss = 0;
  for (std::size_t n = 0; n < 6; ++n) {
    loss += network.compute_gradients(x.view().subbatch(n, 1), std::span(targets).subspan(n, 1)).loss;
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += network.gradients()[i] / 6;
  }
  std::ranges::fill(network.gradients(), 1e9);  // what a step before might have left
  CHECK(std::abs(network.compute_gradients(x, targets).loss - loss) <= 1e-12);
  CHECK(difference(network.gradients(), mean, 1e-12) == "");
}

TEST_CASE("training gives the same bits on 1, 2 and 3 threads") {
  const auto plain = after_three_steps<Plain>(1), normed = after_three_steps<Normed>(1);
  CHECK(difference(plain, plain, 0) == "");  // finite, not all zero
  CHECK(difference(normed, normed, 0) == "");
  for (const int threads : {2, 3}) {
    CHECK(after_three_steps<Plain>(threads) == plain);
    CHECK(after_three_steps<Normed>(threads) == normed);
  }
  // What a build without threads can't compare with itself.
  CHECK(difference(plain, after_three_steps<Plain, double>(1), 1e-4) == "");
  // The gradient of a bias before a batch norm is 0 but for rounding, of which Adam makes steps of 1e-3 all the same.
  CHECK(difference(normed, after_three_steps<Normed, double>(1), 3e-3) == "");
}

TEST_CASE("a second training step allocates nothing, nor does one of fewer samples") {
  for (const int threads : {1, 2}) {
    Network<Normed> network{Seed{1}, nn::init::normal(), threads};
    optim::Adam adam;
    const auto x = images<float>(100);
    const auto targets = labels(100);
    const auto step = [&](std::size_t samples) {
      network.compute_gradients(x.view().subbatch(0, samples), std::span(targets).first(samples));
      network.check_gradients_finite();
      adam.step(network);
    };
    step(100);
    const std::size_t before = allocations();
    step(100);
    step(33);
    step(100);
    CHECK(allocations() == before);
  }
}

TEST_CASE("a batch of pieces needs no more memory than its largest piece") {
  Network<Plain> network{Seed{1}, nn::init::normal(), 1};
  const auto x = images<float>(3000);
  const auto targets = labels(3000);
  network.compute_gradients(x.view().subbatch(0, 1024), std::span(targets).first(1024));
  const std::size_t capacity = network.workspace().capacity();
  network.compute_gradients(x, targets);
  CHECK(network.workspace().capacity() == capacity);
}

TEST_CASE("training memory per sample is that of a large batch, per sample") {
  Network<PlainInOnePiece> network{Seed{1}, nn::init::normal(), 1};
  const auto x = images<float>(8192);
  const auto targets = labels(8192);
  network.compute_gradients(x, targets);
  const double taken = static_cast<double>(network.workspace().capacity()) / 8192;
  CHECK(taken >= 0.99 * static_cast<double>(Network<Plain>::training_memory_per_sample));
  CHECK(taken <= 2.0 * static_cast<double>(Network<Plain>::training_memory_per_sample));
}
