// SPDX-License-Identifier: MIT
#include "odot/optim/glob.hpp"

#include <doctest/doctest.h>

using odot::optim::matches;

static_assert(matches("", "") && !matches("", "a") && matches("*", "") && matches("*", "anything"));

TEST_CASE("without a star only the same text matches") {
  CHECK(matches("0.conv.bias", "0.conv.bias"));
  CHECK_FALSE(matches("0.conv.bias", "0.conv.bia"));
  CHECK_FALSE(matches("0.conv.bia", "0.conv.bias"));
  CHECK_FALSE(matches("0.conv.bias", "1.conv.bias"));
  CHECK_FALSE(matches("a", ""));
}

TEST_CASE("a star stands for any run of characters, none included") {
  CHECK(matches("*.heads.weight_*", "0.heads.weight_x"));
  CHECK(matches("*.heads.weight_*", "12.inner.heads.weight_y"));
  CHECK_FALSE(matches("*.heads.weight_*", "heads.weight_x"));
  CHECK_FALSE(matches("*.heads.weight_*", "0.heads.bias_x"));
  CHECK(matches("*bias", "bias"));
  CHECK(matches("0*", "0"));
  CHECK(matches("**a**", "banana"));
  CHECK(matches("*an*na", "banana"));
  CHECK_FALSE(matches("*an*nab", "banana"));
}
