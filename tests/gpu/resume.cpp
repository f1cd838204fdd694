// SPDX-License-Identifier: MIT
// Trainings on the Gpu that continue from a position.

#include <doctest/doctest.h>

#include "data/temporary_folder.hpp"
#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/resume_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("on the Gpu a training that is resumed at any batch ends with the bits of an uninterrupted one") {
  const TemporaryFolder folder;
  check_resumed_training<Gpu>(folder.path());
}

TEST_CASE("a position that no callback wants comes with the results, at the end of an epoch at the latest") {
  struct Lazy : KeepPositions {
    bool wants_position(const StepEvent&) override { return false; }
  } positions;
  const TemporaryFolder folder;
  resumed_training<Gpu>(folder.path(), 2, {}, 1, 7, positions);
  REQUIRE(positions.steps.size() >= 2);
  CHECK(positions.steps.back() == 8);
  CHECK(std::ranges::find(positions.steps, 4) != positions.steps.end());
}
