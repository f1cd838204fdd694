// SPDX-License-Identifier: MIT
#include "odot/train/events.hpp"

#include <doctest/doctest.h>

using namespace odot;

TEST_CASE("a callback that overrides nothing does nothing") {
  struct Quiet : Callback {
  } quiet;
  quiet.on_begin({});
  quiet.on_gradients({});
  quiet.on_batch({});
  quiet.on_epoch({});
  quiet.on_end({});
  CHECK(TrainingReport{}.epochs.empty());
  CHECK_FALSE(TrainingReport{}.interrupted);
}
