// SPDX-License-Identifier: MIT
#include "odot/kernels/partials.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

using namespace odot;

TEST_CASE("partial sums start at zero and are added to what is there") {
  Workspace<Cpu> workspace(1);
  auto frame = workspace.frame();
  std::fill_n(frame.take<double>(100), 100, 55.0);
  const kernels::Partials<double> partials(frame, 3, 4);
  for (std::size_t chunk = 0; chunk < 3; ++chunk) {
    double* partial = partials.start(chunk);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(partial[i] == 0);
      partial[i] = static_cast<double>(10 * chunk + i);
    }
  }
  std::vector<double> total{100, 200};
  partials.add_to(1, total.data(), 1, 2);  // elements 1 and 2 of every chunk
  CHECK(total == std::vector<double>{100 + 1 + 11 + 21, 200 + 2 + 12 + 22});
}

TEST_CASE("the sum of the chunks loses nothing that float holds, on any number of threads") {
  // In single precision 1e8 + 1 = 1e8.
  constexpr std::size_t size = 20'000;
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    auto frame = workspace.frame();
    const kernels::Partials<float> partials(frame, 3, size);
    const float values[]{1e8f, 1.0f, -1e8f};
    for (std::size_t chunk = 0; chunk < 3; ++chunk) {
      float* partial = partials.start(chunk);
      for (std::size_t i = 0; i < size; ++i) partial[i] = values[chunk] * static_cast<float>(i % 7);
    }
    std::vector<float> expected(size), total(size, 0.0f);
    for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<float>(i % 7);
    partials.add_to(threads, total.data(), 0, size);
    CHECK(total == expected);
    const float* sum = partials.sum(threads);
    CHECK(std::vector<float>(sum, sum + size) == expected);
  }
}

TEST_CASE("infinities stay infinities, and no chunk adds nothing") {
  Workspace<Cpu> workspace(1);
  auto frame = workspace.frame();
  const float infinite = std::numeric_limits<float>::infinity();
  const kernels::Partials<float> partials(frame, 3, 2);
  for (std::size_t chunk = 0; chunk < 3; ++chunk) {
    float* partial = partials.start(chunk);
    partial[0] = infinite;
    partial[1] = chunk == 1 ? -infinite : 1;
  }
  std::vector<float> total(2, 5.0f);
  partials.add_to(1, total.data(), 0, 2);
  CHECK(total == std::vector<float>{infinite, -infinite});
  const kernels::Partials<float> none(frame, 0, 2);
  std::vector<float> same(2, 5.0f);
  none.add_to(1, same.data(), 0, 2);
  CHECK(same == std::vector<float>{5, 5});
}
