// SPDX-License-Identifier: MIT
#include "odot/io/chart_text.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace odot;

TEST_CASE("text is as wide as its characters, however many bytes they take") {
  CHECK(io::text_width("", 12) == 0);
  CHECK(io::text_width("loss", 12) == doctest::Approx(4 * 0.62 * 12));
  CHECK(io::text_width("größe ∂ℓ", 10) == io::text_width("groesse.", 10));
  CHECK(io::text_width("\xf6\xdf", 10) == io::text_width("ab", 10));  // no UTF-8: a sign for each byte
}

TEST_CASE("text is written as large as it fits, but not smaller than 6") {
  CHECK(io::fitting_size("loss", 12, 100) == 12);
  CHECK(io::fitting_size(std::string(20, 'x'), 12, 20 * 0.62 * 9 + 0.01) == 9);
  CHECK(io::fitting_size(std::string(1000, 'x'), 12, 100) == 6);
  CHECK(io::fitting_size("", 12, 0) == 12);
}
