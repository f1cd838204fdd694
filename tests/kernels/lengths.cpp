// SPDX-License-Identifier: MIT
#include "odot/kernels/lengths.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace odot;

TEST_CASE("tokens are added to every length, in place too") {
  Workspace<Cpu> workspace(1);
  std::vector<std::int32_t> lengths{0, 3, 7}, result(3);
  kernels::Lengths<Cpu>::add(workspace, lengths, 9, 2, result);
  CHECK(result == std::vector<std::int32_t>{2, 5, 9});
  kernels::Lengths<Cpu>::add(workspace, lengths, 9, 1, lengths);
  CHECK(lengths == std::vector<std::int32_t>{1, 4, 8});
}

TEST_CASE("a length out of range is brought into it before tokens are added") {
  Workspace<Cpu> workspace(1);
  const std::vector<std::int32_t> lengths{-1, 10, 2'147'483'647};
  std::vector<std::int32_t> result(3);
  kernels::Lengths<Cpu>::add(workspace, lengths, 9, 1, result);
  CHECK(result == std::vector<std::int32_t>{1, 10, 10});
}

TEST_CASE("valid tokens are the length within the sequence, all without lengths") {
  const std::int32_t lengths[] = {0, 3, 4, 5, 2'000'000'000, -1, -2'000'000'000};
  const std::size_t expected[] = {0, 3, 4, 4, 4, 0, 0};
  for (std::size_t n = 0; n < 7; ++n) CHECK(kernels::valid_tokens(lengths, n, 4) == expected[n]);
  CHECK(kernels::valid_tokens(nullptr, 2, 4) == 4);
}
