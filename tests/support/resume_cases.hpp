#pragma once
// SPDX-License-Identifier: MIT
// A training is saved at every position, and must end the same when resumed from each of them.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "odot/any_device.hpp"
#include "support/resumed_training.hpp"

namespace odot::test {

/// Keeps every position that it is asked about.
struct KeepPositions : Callback {
  bool wants_position(const StepEvent&) override { return true; }
  void on_position(const TrainingPosition& position) override {
    kept.push_back(position.snapshot());
    steps.push_back(position.step);
    last.push_back(position.last);
  }
  std::vector<Snapshot> kept;
  std::vector<std::size_t> steps;
  std::vector<bool> last;
};

/// The training resumed from each of its positions, on other numbers of threads.
template <DeviceType Device>
void check_resumed_training(const std::filesystem::path& folder) {
  constexpr std::size_t epochs = 3, batches = 4;
  KeepPositions positions;
  const TrainingEnd expected = resumed_training<Device>(folder, epochs, {}, 2, 7, positions);
  REQUIRE(positions.kept.size() == epochs * batches);
  REQUIRE(std::count(expected.batches.begin(), expected.batches.end(), '\n') == 1 + epochs * batches);
  for (std::size_t i = 0; i < positions.kept.size(); ++i) {
    CAPTURE(i);
    CHECK(positions.steps[i] == i + 1);
    CHECK(positions.last[i] == (i + 1 == epochs * batches));
    KeepPositions rest;
    const int threads = 1 + static_cast<int>(i % 3);
    const TrainingEnd end = resumed_training<Device>(folder, epochs, positions.kept[i], threads, 100 + i, rest);
    CHECK(end == expected);
    CHECK(rest.kept.size() == epochs * batches - i - 1);
    CHECK((rest.steps.empty() || rest.steps.front() == i + 2));
  }
  // The comparison must be able to fail: from the first position, with one more epoch, the end is different.
  KeepPositions more;
  CHECK_FALSE(resumed_training<Device>(folder, epochs + 1, positions.kept.front(), 1, 7, more) == expected);
}

}  // namespace odot::test
