// SPDX-License-Identifier: MIT
#include "odot/nn/pieces.hpp"

#include <doctest/doctest.h>

using namespace odot;
using Pieces = nn::Pieces<Cpu>;

TEST_CASE("a training piece fits its bytes, in bounds, and is a multiple of 16") {
  CHECK(Pieces::trained(1) == 4 * Pieces::predicted);
  CHECK(Pieces::trained(Pieces::bytes) == 16);
  CHECK(Pieces::trained(10 * Pieces::bytes) == 16);
  for (const std::size_t each : {300'000u, 1'000'000u, 5'000'000u}) {
    const std::size_t piece = Pieces::trained(each);
    CHECK(piece % 16 == 0);
    CHECK(piece * each <= Pieces::bytes);
    CHECK((piece + 16) * each > Pieces::bytes);
  }
}

TEST_CASE("a small set is evaluated in one piece") {
  CHECK(Pieces::evaluated(7) == 7);
  CHECK(Pieces::evaluated(1'000'000) == 4 * Pieces::predicted);
}
