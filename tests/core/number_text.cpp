// SPDX-License-Identifier: MIT
#include "odot/core/number_text.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>

#include "odot/core/random.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double least = std::numeric_limits<double>::denorm_min();

/// A double of any bits, NaN and infinity aside.
double any_finite(const Random& random, std::uint64_t i) {
  std::uint64_t bits = std::uint64_t{random.bits(2 * i)} << 32 | random.bits(2 * i + 1);
  if ((bits >> 52 & 0x7FF) == 0x7FF) bits ^= std::uint64_t{1} << 52;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("numbers are written as printf writes them in the C locale") {
  CHECK(number_text::fixed(0.25, 1) == "0.2");
  CHECK(number_text::fixed(-1234567.891, 2) == "-1234567.89");
  CHECK(number_text::fixed(1e300, 3).size() == 305);
  CHECK(number_text::scientific(12345.678, 1) == "1.2e+04");
  CHECK(number_text::general(0.0001, 6) == "0.0001");
  CHECK(number_text::general(1e-5, 6) == "1e-05");
  CHECK(number_text::general(1.0 / 3, 9) == "0.333333333");
  CHECK(number_text::shortest(0.1) == "0.1");
  CHECK(number_text::shortest(0.1f) == "0.1");
  CHECK(number_text::shortest(1e-8) == "1e-08");
  for (const double none : {std::nan(""), -std::nan("")}) CHECK(number_text::fixed(none, 2) == "nan");
  CHECK(number_text::general(-infinity, 3) == "-inf");
}

TEST_CASE("any number reads back from its shortest text, bit for bit") {
  const Random random(Seed{1}, 0);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const double value = any_finite(random, i);
    const std::string text = number_text::shortest(value);
    CAPTURE(text);
    const auto back = number_text::read(text);
    REQUIRE(back.has_value());
    REQUIRE(std::memcmp(&value, &*back, sizeof value) == 0);
  }
}

TEST_CASE("signs, points and exponents are read where the usual programs write them") {
  CHECK(number_text::read("+1.5") == 1.5);
  CHECK(number_text::read("-.5e+1") == -5);
  CHECK(number_text::read("1.") == 1);
  CHECK(number_text::read("007") == 7);
  CHECK(number_text::read("1E-3") == 0.001);
  CHECK(std::signbit(number_text::read("-0").value()));
  CHECK(number_text::read("Infinity") == infinity);
  CHECK(number_text::read("-INF") == -infinity);
  CHECK(std::isnan(number_text::read("NaN").value()));
}

TEST_CASE("what is too small for a double is 0 or subnormal, what is too large infinite") {
  CHECK(number_text::read("4.9e-324") == least);
  CHECK(number_text::read("1e-310") == 1e-310);
  for (const char* text : {"1e-400", "2e-324", "0.1e-324", "1e-99999999999999999999"}) {
    CAPTURE(text);
    CHECK(number_text::read(text) == 0);
    CHECK(std::signbit(number_text::read("-" + std::string(text)).value()));
  }
  for (const char* text : {"1e400", "1.8e308", "123456789e301", "+1e99999999999999999999"})
    CHECK(number_text::read(text) == infinity);
  CHECK(number_text::read("-1e400") == -infinity);
  CHECK(number_text::read(std::string(400, '9')) == infinity);
  CHECK(number_text::read("0." + std::string(400, '0') + "1") == 0);
  CHECK(number_text::read("0." + std::string(400, '0') + "1e401") == 1);
  CHECK(number_text::read("1" + std::string(400, '0') + "e-400") == 1);
  CHECK(number_text::read("0e99999999999999999999") == 0);
}

TEST_CASE("what is no number is none") {
  for (const char* text : {"",
                           "+",
                           "-",
                           ".",
                           "e5",
                           "1e",
                           "1e+",
                           "--1",
                           "+-1",
                           "-+1",
                           "++1",
                           " 1",
                           "1 ",
                           "0x10",
                           "1,5",
                           "1_000",
                           "1.2.3",
                           "1f",
                           "nan(1)",
                           "infinit",
                           "i",
                           "1e5.5",
                           "\xe2\x88\x92"
                           "1"}) {
    CAPTURE(text);
    CHECK_FALSE(number_text::read(text).has_value());
  }
}

#if defined(__cpp_lib_to_chars) && defined(LC_ALL_MASK)
TEST_CASE("where std::from_chars is not there, the same numbers are read") {
  const Random random(Seed{2}, 0);
  const auto same = [](const std::string& text) {
    CAPTURE(text);
    const auto a = number_text::detail::read_by_from_chars(text), b = number_text::detail::read_by_strtod(text);
    REQUIRE(a.has_value() == b.has_value());
    if (a) REQUIRE(std::memcmp(&*a, &*b, sizeof *a) == 0);
  };
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const double value = std::abs(any_finite(random, i));
    same(number_text::shortest(value));
    same(number_text::scientific(value, 5 + static_cast<int>(i % 25)));  // more digits than a double has, too
  }
  // Between two doubles, a little above, a little below; at the ends of the range.
  for (const char* text : {"9007199254740993", "9007199254740993.00000000000000000001", "9007199254740992.99999999999",
                           "2.2250738585072011e-308", "2.2250738585072014e-308", "1.7976931348623158e308",
                           "1.7976931348623159e308", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400",
                           "1e400", "1.", ".5", "1e", ".", "inf", "infinity"})
    same(text);
}
#endif

TEST_CASE("there is a locale with commas in numbers to test under") {
  const CommaLocale comma;
  std::ostringstream stream;
  stream << 1234.5;
  CHECK(stream.str() == "1.234,5");
  char printed[32];
  std::snprintf(printed, sizeof printed, "%.2f", 0.25);
  if (comma.in_c()) CHECK(std::string(printed) == "0,25");
  else MESSAGE("NOT CHECKED under a locale of C's functions: the system has none with commas; install de_DE.UTF-8");
}

TEST_CASE("no locale changes how numbers are written and read") {
  const CommaLocale comma;
  CHECK(number_text::fixed(1234.25, 2) == "1234.25");
  CHECK(number_text::scientific(1234.25, 2) == "1.23e+03");
  CHECK(number_text::general(1234.25, 9) == "1234.25");
  CHECK(number_text::shortest(1234.25) == "1234.25");
  CHECK(number_text::read("1234.25") == 1234.25);
  CHECK_FALSE(number_text::read("0,25").has_value());
#ifdef LC_ALL_MASK
  CHECK(number_text::detail::read_by_strtod("1234.25") == 1234.25);
#endif
}
