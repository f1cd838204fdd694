// SPDX-License-Identifier: MIT
// An optimizer's state, kept and restored: the steps after it are the steps that would have followed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/adam.hpp"
#include "odot/optim/sgd.hpp"
#include "support/hash_uniform.hpp"
#include "support/optimizer_reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class Optimizer, class Net>
void steps(Optimizer& optimizer, Net& network, std::size_t from, std::size_t to) {
  for (std::size_t s = from; s < to; ++s) {
    for (std::size_t i = 0; i < network.gradients().size(); ++i)
      network.gradients()[i] = static_cast<typename Net::scalar>(hash_uniform(100 * s + i));
    optimizer.step(network, 1.0 / static_cast<double>(s + 1));
  }
}

/// Three steps, a snapshot, four more; then those four again by another optimizer on another network.
template <class Scalar, class Optimizer>
void check_goes_on(Optimizer first, Optimizer second) {
  LinearPair<Scalar> network{Seed{1}}, other{Seed{2}};
  steps(first, network, 0, 3);
  const Snapshot weights = network.snapshot(), state = first.snapshot(network);
  CHECK(state.text("steps") == "3");
  steps(first, network, 3, 7);
  steps(second, other, 0, 1);  // what it has of its own is replaced
  other.restore(weights);
  second.restore(state, other);
  CHECK(second.steps() == 3);
  steps(second, other, 3, 7);
  CHECK(std::ranges::equal(network.parameters(), other.parameters()));
  CHECK(second.steps() == 7);
}

}  // namespace

TEST_CASE("after restore the steps are those that would have followed, bit by bit, in groups too") {
  using optim::Adam, optim::AdamW, optim::SGD;
  check_goes_on<float>(Adam{}, Adam{});
  check_goes_on<double>(Adam{{.weight_decay = 0.1}, {{"*.bias", {.learning_rate = 0.1, .beta1 = 0.5}}}},
                        Adam{{.weight_decay = 0.1}, {{"*.bias", {.learning_rate = 0.1, .beta1 = 0.5}}}});
  check_goes_on<float>(AdamW{{.max_gradient_norm = 0.5}}, AdamW{{.max_gradient_norm = 0.5}});
  check_goes_on<float>(SGD{{.momentum = 0.9, .nesterov = true}, {{"1.*", {.momentum = 0.5}}}},
                       SGD{{.momentum = 0.9, .nesterov = true}, {{"1.*", {.momentum = 0.5}}}});
}

TEST_CASE("the state has PyTorch's names before those of the parameters") {
  LinearPair<double> network{Seed{1}};
  optim::Adam adam;
  steps(adam, network, 0, 2);
  const Snapshot state = adam.snapshot(network);
  std::vector<std::string> names;
  for (const auto& array : state.arrays()) names.push_back(array.name + " " + array.description());
  CHECK(names == std::vector<std::string>{"exp_avg.0.weight F64 [3, 4]", "exp_avg.0.bias F64 [3]",
                                          "exp_avg.1.weight F64 [2, 3]", "exp_avg.1.bias F64 [2]",
                                          "exp_avg_sq.0.weight F64 [3, 4]", "exp_avg_sq.0.bias F64 [3]",
                                          "exp_avg_sq.1.weight F64 [2, 3]", "exp_avg_sq.1.bias F64 [2]"});
  CHECK(state.facts() == Snapshot::Facts{{"optimizer", "Adam"}, {"steps", "2"}});
  optim::SGD sgd{{.momentum = 0.5}};
  CHECK(sgd.snapshot(network).arrays()[0].name == "momentum_buffer.0.weight");
}

TEST_CASE("the state before the first step is zero, and makes a used optimizer a new one") {
  LinearPair<float> network{Seed{1}}, other{Seed{1}};
  optim::Adam fresh, used;
  const Snapshot weights = network.snapshot(), none = fresh.snapshot(network);
  CHECK(none.text("steps") == "0");
  for (const auto& array : none.arrays())
    CHECK(std::ranges::all_of(array.bytes, [](std::byte byte) { return byte == std::byte{0}; }));
  steps(used, network, 0, 5);
  network.restore(weights);
  used.restore(none, network);
  steps(used, network, 0, 2);
  steps(fresh, other, 0, 2);
  CHECK(std::ranges::equal(network.parameters(), other.parameters()));
}

TEST_CASE("the state of another optimizer, network or scalar is refused, and nothing changes") {
  LinearPair<double> network{Seed{1}};
  LinearPair<float> single{Seed{1}};
  Network<nn::Sequential<Shape<4>, nn::Linear<3>>, Cpu, double> small{Seed{1}};
  optim::Adam adam, of_small, of_single;
  optim::AdamW adamw;
  steps(adam, network, 0, 2);
  steps(adamw, network, 0, 1);
  steps(of_small, small, 0, 1);
  steps(of_single, single, 0, 1);
  const Snapshot before = adam.snapshot(network);
  const auto refuses = [&](const Snapshot& state) {
    const std::string text = message_of<ArgumentError>([&] { adam.restore(state, network); });
    CHECK(adam.steps() == 2);
    for (const auto& array : adam.snapshot(network).arrays()) CHECK(array.bytes == before.find(array.name)->bytes);
    return text;
  };
  CHECK(refuses(adamw.snapshot(network)) ==
        "odot::optim: expected a snapshot of Adam with its number of steps, found one of AdamW; nothing was changed");
  CHECK(says(refuses(network.snapshot()), "found one of no optimizer"));
  Snapshot uncounted = before;
  uncounted.set_fact("steps", "-1");
  CHECK(says(refuses(uncounted), "found one of it without"));
  Snapshot endless = uncounted;
  endless.set_fact("steps", "18446744073709551615");  // the next step would be step 0
  CHECK(says(refuses(endless), "found one of it without"));
  CHECK(says(refuses(of_small.snapshot(small)), "missing: exp_avg.1.weight, exp_avg.1.bias, exp_avg_sq.1.weight"));
  CHECK(says(refuses(of_single.snapshot(single)), "exp_avg.0.weight: expected F64 [3, 4], found F32 [3, 4]"));
  CHECK_THROWS_AS((void)adam.snapshot(small), ArgumentError);
  CHECK_THROWS_AS(adam.restore(of_small.snapshot(small), small), ArgumentError);  // its state is the pair's
}
