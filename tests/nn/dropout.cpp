// SPDX-License-Identifier: MIT
#include "odot/nn/dropout.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/sequential.hpp"
#include "support/difference.hpp"
#include "support/gradient_report.hpp"
#include "support/hash_uniform.hpp"
#include "support/layer_run.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <nn::Probability P>
using Dropout = Bound<nn::Dropout<P>, Shape<3, 5>>;
using Half = Dropout<0.5>;

using Small = nn::Sequential<Shape<6>, nn::Dropout<0.5>, nn::Linear<2>>;
/// The same model, but it goes through in one piece.
struct SmallInOnePiece : Small {
  static constexpr bool couples_samples = true;
};

/// Which elements a training forward keeps.
std::vector<bool> kept(LayerRun<Half>& run) {
  std::ranges::fill(run.x.span(), 1.0);
  run.forward();
  std::vector<bool> result;
  for (const double y : run.y.span()) result.push_back(y != 0);
  return result;
}

}  // namespace

static_assert(Half::parameter_count == 0 && Half::cache_elements(7) == 0, "the mask is not stored");
static_assert(Half::in_place && !Half::backward_reads_input && !Half::backward_reads_output);

TEST_CASE("forward drops elements and scales the others, backward has the same mask") {
  LayerRun<Dropout<0.25>> run(40);
  run.seed = 7;
  std::ranges::fill(run.x.span(), 3.0);
  std::ranges::fill(run.dy.span(), 6.0);
  run.forward();
  run.backward();
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < run.y.size(); ++i) {
    dropped += run.y.data()[i] == 0;
    CHECK((run.y.data()[i] == 0 || run.y.data()[i] == 4));
    CHECK(run.dx.data()[i] == 2 * run.y.data()[i]);
  }
  CHECK(std::abs(static_cast<double>(dropped) - 150) <= 40);  // 600 elements, deviation 10.6
}

TEST_CASE("the share of dropped elements is the probability, in every position") {
  LayerRun<Dropout<0.125>, float> run(8000);
  std::ranges::fill(run.x.span(), 1.0f);
  run.forward();
  for (std::size_t i = 0; i < 15; ++i) {
    std::size_t dropped = 0;
    for (std::size_t n = 0; n < 8000; ++n) dropped += run.y[n][i] == 0;
    CHECK(std::abs(static_cast<double>(dropped) / 8000 - 0.125) <= 0.015);  // deviation 0.0037
  }
}

TEST_CASE("predict and a probability of 0 change nothing") {
  LayerRun<Half> run(4);
  run.draw();
  run.predict();
  CHECK(std::ranges::equal(run.y.span(), run.x.span()));
  LayerRun<Dropout<0.0>> none(4);
  none.draw();
  none.forward();
  none.backward();
  CHECK(std::ranges::equal(none.y.span(), none.x.span()));
  CHECK(std::ranges::equal(none.dx.span(), none.dy.span()));
}

TEST_CASE("the mask follows from seed and position in the batch alone") {
  LayerRun<Half> whole(9), same(9), other(9), tail(4);
  whole.seed = same.seed = tail.seed = 3;
  other.seed = 4;
  tail.first_sample = 5;
  const std::vector<bool> mask = kept(whole);
  CHECK(kept(same) == mask);
  CHECK(kept(other) != mask);
  CHECK(kept(tail) == std::vector<bool>(mask.begin() + 5 * 15, mask.end()));
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Half>());
  CHECK(check_gradients<nn::Sequential<Shape<3, 5>, nn::Dropout<0.25>, nn::Linear<4>, nn::Dropout<0.5>, nn::ReLU>>());
}

TEST_CASE("any number of threads gives the same bits") { check_same_bits<Half>(2001); }

namespace {

/// −y[n, label]/N of any outputs: its gradient is the same whatever they are.
struct LabelledOutput : nn::NegativeLogLikelihood {
  static constexpr bool of_log_probabilities = false;
};

}  // namespace

TEST_CASE("two dropouts of a network, and two of its steps, have masks of their own; a seed's are always the same") {
  using Model =
      nn::Sequential<Shape<40>, nn::Dropout<0.5>, nn::Dropout<0.5>, nn::Linear<2, nn::LinearOptions{.bias = false}>>;
  // With x = 1 the gradient of a weight counts the samples in which its input was kept.
  const auto gradient = [](Network<Model>& network) {
    Batch<Shape<40>> x(100);
    std::ranges::fill(x.span(), 1.0f);
    const std::vector<std::int32_t> labels(100, 0);
    network.compute_gradients<LabelledOutput>(x, labels);
    return std::vector<float>(network.gradients().begin(), network.gradients().begin() + 40);
  };
  Network<Model> network{Seed{5}}, again{Seed{5}}, other{Seed{6}};
  const std::vector<float> first = gradient(network), second = gradient(network);
  CHECK(first != second);
  CHECK(gradient(again) == first);
  CHECK(gradient(again) == second);
  CHECK(gradient(other) != first);
  again.set_step(0);
  CHECK(gradient(again) == first);
  // A quarter is kept by both, times 4: were the masks the same, it would be half.
  double sum = 0;
  for (const float g : first) sum -= static_cast<double>(g) / 4;
  CHECK(std::abs(sum / 40 - 0.25) <= 0.03);  // deviation 0.007
}

TEST_CASE("the pieces in which a batch goes through a network do not show") {
  constexpr std::size_t samples = 2 * 1024 + 37;  // a piece holds at most 1024 samples
  Batch<Shape<6>, double> x(samples);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  const std::vector<std::int32_t> labels(samples, 1);
  Network<Small, Cpu, double> pieces{Seed{1}};
  Network<SmallInOnePiece, Cpu, double> whole{Seed{1}};
  CHECK(std::abs(pieces.compute_gradients<nn::CrossEntropy>(x, labels).loss -
                 whole.compute_gradients<nn::CrossEntropy>(x, labels).loss) <= 1e-9);
  CHECK(difference(pieces.gradients(), whole.gradients(), 1e-12) == "");
}
