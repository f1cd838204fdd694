// SPDX-License-Identifier: MIT
#include "odot/core/half.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

using namespace odot;
using half::bfloat16;
using half::binary16;

namespace {

bool is_nan_pattern(std::uint16_t bits, half::Format format) {
  const int mantissa = bits & ((1 << format.mantissa_bits) - 1);
  return (bits >> format.mantissa_bits & ((1 << format.exponent_bits) - 1)) == (1 << format.exponent_bits) - 1 &&
         mantissa != 0;
}

}  // namespace

TEST_CASE("numbers worked out by hand") {
  CHECK(half::to_double(0x3C00, binary16) == 1);
  CHECK(half::to_double(0xC000, binary16) == -2);
  CHECK(half::to_double(0x7BFF, binary16) == 65504);
  CHECK(half::to_double(0x0400, binary16) == std::ldexp(1, -14));  // the smallest normal number
  CHECK(half::to_double(0x0001, binary16) == std::ldexp(1, -24));  // the smallest number
  CHECK(half::to_double(0x03FF, binary16) == std::ldexp(1023, -24));
  CHECK(half::to_double(0x3F80, bfloat16) == 1);
  CHECK(half::to_double(0x4049, bfloat16) == 3.140625);
  CHECK(half::to_double(0x0001, bfloat16) == std::ldexp(1, -133));
  CHECK(half::from_double(3.14159265358979, bfloat16) == 0x4049);
  CHECK(half::from_double(0.1, binary16) == 0x2E66);
}

TEST_CASE("every number of 16 bits comes back from double, NaN as NaN") {
  for (const half::Format format : {binary16, bfloat16}) {
    int wrong = 0;
    for (int b = 0; b < 0x10000; ++b) {
      const auto bits = static_cast<std::uint16_t>(b);
      const std::uint16_t back = half::from_double(half::to_double(bits, format), format);
      if (is_nan_pattern(bits, format)) wrong += !is_nan_pattern(back, format) || (back ^ bits) >> 15 != 0;
      else wrong += back != bits;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("what lies between two numbers goes to the nearer one, and from the middle to the even one") {
  for (const half::Format format : {binary16, bfloat16}) {
    const auto infinity = static_cast<std::uint16_t>(((1 << format.exponent_bits) - 1) << format.mantissa_bits);
    int wrong = 0;
    for (std::uint16_t low = 0; low + 1 < infinity; ++low) {
      const auto high = static_cast<std::uint16_t>(low + 1);
      const double a = half::to_double(low, format), b = half::to_double(high, format), middle = (a + b) / 2;
      const std::uint16_t even = low % 2 == 0 ? low : high;
      wrong += half::from_double(middle, format) != even;
      wrong += half::from_double(std::nextafter(middle, a), format) != low;
      wrong += half::from_double(std::nextafter(middle, b), format) != high;
      wrong += half::from_double(-middle, format) != (even | 0x8000);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("too large becomes infinite, too small becomes zero, with the sign") {
  CHECK(half::from_double(65519.999, binary16) == 0x7BFF);
  CHECK(half::from_double(65520, binary16) == 0x7C00);
  CHECK(half::from_double(-1e300, binary16) == 0xFC00);
  CHECK(half::from_double(std::numeric_limits<double>::infinity(), bfloat16) == 0x7F80);
  CHECK(half::from_double(std::ldexp(1, -25), binary16) == 0);  // the middle between 0 and the smallest: 0 is even
  CHECK(half::from_double(std::ldexp(1.0001, -25), binary16) == 1);
  CHECK(half::from_double(-std::numeric_limits<double>::denorm_min(), bfloat16) == 0x8000);
  CHECK(half::from_double(-0.0, binary16) == 0x8000);
}
