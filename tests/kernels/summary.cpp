// SPDX-License-Identifier: MIT
#include "odot/kernels/summary.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class S>
kernels::GradientSummary summary_of(const std::vector<S>& all, S largest, int threads = 1) {
  Workspace<Cpu> workspace(threads);
  kernels::GradientSummary summary;
  const std::span<const S> whole = all;
  kernels::Summary<Cpu>::evaluate(workspace, whole.first(all.size() / 2), whole, largest, &summary);
  return summary;
}

template <class S>
void check_everywhere(std::size_t size) {
  using Limits = std::numeric_limits<S>;
  std::vector<S> values = hash_uniform<S>(size, 0);
  CHECK(summary_of(values, S{1}).beyond == 0);
  for (std::size_t i = 0; i < size; i += 1 + size / 37) {
    const S before = values[i];
    for (const S bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), S{2}, S{-2}}) {
      values[i] = bad;
      CHECK(summary_of(values, S{1}, 3).beyond == 1);
    }
    for (const S bad : {Limits::quiet_NaN(), Limits::infinity()}) {
      values[i] = bad;
      CHECK(summary_of(values, Limits::max()).beyond == 1);
      CHECK(summary_of(values, Limits::infinity()).beyond == 1);
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
  CHECK(summary_of(std::vector<float>(100, -3), 3.0f).beyond == 0);
  const float most = std::numeric_limits<float>::max();
  CHECK(summary_of(std::vector<float>(100, most), most).beyond == 0);
  CHECK(summary_of(std::vector<float>(100, most), 1.0f).beyond == 100);
}

TEST_CASE("what is watched is summed, whatever its length") {
  CHECK(summary_of<float>({1, 2, 4, 8}, 10).sum == 3);
  for (std::size_t size = 2; size < 80; size += 2) {
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i);
    const auto watched = static_cast<double>(size / 2);
    CHECK(summary_of(values, 100.0f).sum == watched * (watched - 1) / 2);
  }
}

TEST_CASE("nothing has no sum and nothing beyond") {
  CHECK(summary_of<float>({}, 1).sum == 0);
  CHECK(summary_of<float>({}, 1).beyond == 0);
}
