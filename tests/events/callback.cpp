// SPDX-License-Identifier: MIT
#include "odot/events/callback.hpp"

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

TEST_CASE("by default a callback has no state, and wants no position") {
  struct Quiet : Callback {
  } quiet;
  CHECK(quiet.state().arrays().empty());
  CHECK(quiet.state().facts().empty());
  quiet.restore_state({});
  CHECK_FALSE(quiet.wants_position({}));
}
