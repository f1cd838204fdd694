// SPDX-License-Identifier: MIT
#include "odot/kernels/count_beyond.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class S>
std::int64_t count_beyond(const std::vector<S>& all, S largest, int threads = 1) {
  Workspace<Cpu> workspace(threads);
  std::int64_t count = -1;
  kernels::CountBeyond<Cpu>::evaluate(workspace, std::span<const S>(all), largest, &count);
  return count;
}

template <class S>
void check_everywhere(std::size_t size) {
  using Limits = std::numeric_limits<S>;
  std::vector<S> values = hash_uniform<S>(size, 0);
  CHECK(count_beyond(values, S{1}) == 0);
  for (std::size_t i = 0; i < size; i += 1 + size / 37) {
    const S before = values[i];
    for (const S bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), S{2}, S{-2}}) {
      values[i] = bad;
      CHECK(count_beyond(values, S{1}, 3) == 1);
    }
    for (const S bad : {Limits::quiet_NaN(), Limits::infinity()}) {
      values[i] = bad;
      CHECK(count_beyond(values, Limits::max()) == 1);
      CHECK(count_beyond(values, Limits::infinity()) == 1);
    }
    values[i] = before;
  }
}

}  // namespace

TEST_CASE("what is not finite or too large is counted, wherever it stands") {
  for (const std::size_t size : {1u, 7u, 16u, 33u, 40'000u}) {
    CAPTURE(size);
    check_everywhere<float>(size);
    check_everywhere<double>(size);
  }
}

TEST_CASE("the bound itself is within, and so are the largest numbers, whose sum is not finite") {
  CHECK(count_beyond(std::vector<float>(100, -3), 3.0f) == 0);
  const float most = std::numeric_limits<float>::max();
  CHECK(count_beyond(std::vector<float>(100, most), most) == 0);
  CHECK(count_beyond(std::vector<float>(100, most), 1.0f) == 100);
}

TEST_CASE("of nothing, nothing is beyond") { CHECK(count_beyond<float>({}, 1) == 0); }
