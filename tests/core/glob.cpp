// SPDX-License-Identifier: MIT
#include "odot/core/glob.hpp"

#include <doctest/doctest.h>

using odot::matches_glob;

static_assert(matches_glob("", "") && !matches_glob("", "a") && matches_glob("*", "") && matches_glob("*", "anything"));

TEST_CASE("without a star only the same text matches") {
  CHECK(matches_glob("0.conv.bias", "0.conv.bias"));
  CHECK_FALSE(matches_glob("0.conv.bias", "0.conv.bia"));
  CHECK_FALSE(matches_glob("0.conv.bia", "0.conv.bias"));
  CHECK_FALSE(matches_glob("0.conv.bias", "1.conv.bias"));
  CHECK_FALSE(matches_glob("a", ""));
}

TEST_CASE("a star stands for any run of characters, none included") {
  CHECK(matches_glob("*.heads.weight_*", "0.heads.weight_x"));
  CHECK(matches_glob("*.heads.weight_*", "12.inner.heads.weight_y"));
  CHECK_FALSE(matches_glob("*.heads.weight_*", "heads.weight_x"));
  CHECK_FALSE(matches_glob("*.heads.weight_*", "0.heads.bias_x"));
  CHECK(matches_glob("*bias", "bias"));
  CHECK(matches_glob("0*", "0"));
  CHECK(matches_glob("**a**", "banana"));
  CHECK(matches_glob("*an*na", "banana"));
  CHECK_FALSE(matches_glob("*an*nab", "banana"));
}
