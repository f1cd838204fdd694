// SPDX-License-Identifier: MIT
#include "odot/data/batch_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace odot;

namespace {

std::vector<std::size_t> shuffled(std::uint64_t seed, std::uint64_t epoch) {
  data::BatchOrder order("set", 20, 6);
  order.shuffle(Seed{9}, 9);  // has no effect on the next
  order.shuffle(Seed{seed}, epoch);
  return {order.order().begin(), order.order().end()};
}

}  // namespace

TEST_CASE("batches are runs of the order, the last what remains") {
  const data::BatchOrder order("set", 20, 6);
  CHECK(order.count() == 4);
  CHECK(order.size(3) == 2);
  for (std::size_t i = 0; i < 20; ++i) CHECK(order.order()[i] == i);
  CHECK(order.samples(3).data() == order.order().data() + 18);
}

TEST_CASE("an order is a function of seed and epoch, and has every sample once") {
  CHECK(shuffled(1, 1) == shuffled(1, 1));
  CHECK(shuffled(1, 1) != shuffled(1, 2));
  CHECK(shuffled(1, 1) != shuffled(2, 1));
  std::vector<std::size_t> all = shuffled(1, 1);
  std::ranges::sort(all);
  for (std::size_t i = 0; i < 20; ++i) CHECK(all[i] == i);
}

TEST_CASE("a batch size that does not fit is rejected with the set's name") {
  CHECK_THROWS_WITH_AS(data::BatchOrder("set", 20, 21),
                       "odot::data: batches of \"set\": batch size 21 does not fit 20 samples; choose a batch size "
                       "from 1 to the number of samples",
                       ArgumentError);
  CHECK_THROWS_AS(data::BatchOrder("set", 20, 0), ArgumentError);
  CHECK_THROWS_AS(data::BatchOrder("set", 0, 1), ArgumentError);
}
