// SPDX-License-Identifier: MIT
#include "odot/data/sequence_loader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/small_sequences.hpp"
#include "odot/kernels/gather.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class Scalar>
using SequenceLoader = data::Loader<data::Sequences<Shape<4, 2>>, Scalar, Cpu>;
template <class Scalar>
using WindowLoader = data::Loader<data::Windows<Shape<3, 2>, Shape<2, 2>>, Scalar, Cpu>;

}  // namespace

TEST_CASE_TEMPLATE("batches of sequences bring values, labels and lengths", Scalar, float, double) {
  const auto set = numbered_sequences(10);
  SequenceLoader<Scalar> loader(set, 4);
  Workspace<Cpu> workspace(2);
  CHECK(loader.count() == 3);
  std::size_t n = 0;
  for (std::size_t b = 0; b < 3; ++b) {
    const auto batch = loader.load(b, workspace);
    REQUIRE(batch.x.samples() == (b == 2 ? 2 : 4));
    REQUIRE(batch.targets.size() == batch.x.samples());
    for (std::size_t i = 0; i < batch.x.samples(); ++i, ++n) {
      CHECK(std::ranges::equal(batch.x[i].span(), set.sample(n)));
      CHECK(batch.targets[i] == set.labels[n]);
      CHECK(batch.lengths[i] == set.lengths[n]);
    }
  }
}

TEST_CASE("shuffled batches keep what belongs together") {
  const auto set = numbered_sequences(40);
  SequenceLoader<float> loader(set, 16);
  Workspace<Cpu> workspace(1);
  loader.shuffle(Seed{1}, 1);
  std::vector<std::size_t> order;
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    for (std::size_t i = 0; i < batch.x.samples(); ++i) {
      const auto n = static_cast<std::size_t>(batch.x[i].data()[0]) / 100;
      CHECK(std::ranges::equal(batch.x[i].span(), set.sample(n)));
      CHECK(batch.targets[i] == set.labels[n]);
      CHECK(batch.lengths[i] == set.lengths[n]);
      order.push_back(n);
    }
  }
  CHECK_FALSE(std::ranges::is_sorted(order));
  std::ranges::sort(order);
  for (std::size_t n = 0; n < 40; ++n) CHECK(order[n] == n);
}

TEST_CASE_TEMPLATE("batches of windows bring values and targets, and all tokens are valid", Scalar, float, double) {
  const auto set = numbered_windows(5);
  CHECK(set.size() == 5);
  WindowLoader<Scalar> loader(set, 3);
  Workspace<Cpu> workspace(1);
  const auto batch = loader.load(1, workspace);
  REQUIRE(batch.x.samples() == 2);
  REQUIRE(batch.targets.size() == 8);
  CHECK(batch.lengths == nullptr);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(std::ranges::equal(batch.x[i].span(), set.sample(3 + i)));
    CHECK(std::ranges::equal(batch.targets.subspan(4 * i, 4), set.target(3 + i)));
  }
}

TEST_CASE("sets that do not fit together are rejected") {
  auto set = numbered_sequences(6);
  CHECK_THROWS_AS(SequenceLoader<float>(set, 0), ArgumentError);
  CHECK_THROWS_WITH_AS(SequenceLoader<float>(set, 7),
                       "odot::data: batches of \"numbered\": batch size 7 does not fit 6 samples; choose a batch size "
                       "from 1 to the number of samples",
                       ArgumentError);
  set.lengths.pop_back();
  CHECK_THROWS_WITH_AS(SequenceLoader<float>(set, 2),
                       "odot::data::Loader of \"numbered\": 6 samples need 6 lengths, but there are 5", ArgumentError);
  set = numbered_sequences(6);
  set.values.pop_back();
  CHECK_THROWS_WITH_AS(SequenceLoader<float>(set, 2),
                       "odot::data::Loader of \"numbered\": 6 samples need 48 values, but there are 47", ArgumentError);
  auto windows = numbered_windows(3);
  windows.targets.pop_back();
  CHECK_THROWS_AS(WindowLoader<float>(windows, 1), ArgumentError);
}
