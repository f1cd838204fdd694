// SPDX-License-Identifier: MIT
#include "odot/io/chart_axis.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "odot/core/random.hpp"

using namespace odot;
using io::Axis;
using io::ChartAxis;

namespace {

constexpr double largest = std::numeric_limits<double>::max(), least = std::numeric_limits<double>::denorm_min();

std::vector<std::string> labels(const ChartAxis& axis) {
  std::vector<std::string> all;
  for (const double tick : axis.ticks()) all.push_back(axis.label(tick));
  return all;
}

using Labels = std::vector<std::string>;

/// What holds for an axis over any numbers.
void check_axis(double low, double high, Axis kind, bool whole) {
  CAPTURE(low);
  CAPTURE(high);
  const ChartAxis axis(low, high, kind, whole);
  REQUIRE(axis.ticks().size() <= 30);
  for (const double value : {low, high}) {
    REQUIRE(axis.at(value) >= -1e-6);
    REQUIRE(axis.at(value) <= 1 + 1e-6);
  }
  REQUIRE(axis.at(low) <= axis.at(high));
  std::set<std::string> different;
  for (const double tick : axis.ticks()) {
    REQUIRE(io::has_place(tick, kind));
    REQUIRE(axis.at(tick) >= -1e-6);
    REQUIRE(axis.at(tick) <= 1 + 1e-6);
    if (whole) REQUIRE(tick == std::floor(tick));
    different.insert(axis.label(tick));
  }
  REQUIRE(different.size() == axis.ticks().size());
  if (!whole) REQUIRE(axis.ticks().size() >= 2);
}

}  // namespace

TEST_CASE("ticks are round numbers from the axis's one end to the other") {
  CHECK(labels({0, 1, Axis::linear}) == Labels{"0", "0.2", "0.4", "0.6", "0.8", "1"});
  CHECK(labels({-0.03, 0.07, Axis::linear}) == Labels{"-0.02", "0", "0.02", "0.04", "0.06"});
  CHECK(labels({1, 3, Axis::linear, true}) == Labels{"1", "2", "3"});
  CHECK(labels({1, 3, Axis::linear}) == Labels{"1", "1.5", "2", "2.5", "3"});
  CHECK(labels({0.1, 1000, Axis::logarithmic}) == Labels{"0.1", "1", "10", "100", "1000"});
}

TEST_CASE("labels have the digits that tell ticks apart") {
  CHECK(labels({1000000, 1000004, Axis::linear}) == Labels{"1000000", "1000001", "1000002", "1000003", "1000004"});
  CHECK(labels({0.3, 0.3000002, Axis::linear}) == Labels{"0.3", "0.30000005", "0.3000001", "0.30000015", "0.3000002"});
}

TEST_CASE("labels of large numbers are written out, or have equally many digits") {
  CHECK(labels({123456700, 123456800, Axis::linear, true}) ==
        Labels{"123456700", "123456720", "123456740", "123456760", "123456780", "123456800"});
  CHECK(labels({0, 4e8, Axis::linear}) == Labels{"0", "100000000", "200000000", "300000000", "400000000"});
  CHECK(labels({-2e6, 2e6, Axis::linear}) == Labels{"-2000000", "-1000000", "0", "1000000", "2000000"});
  CHECK(labels({9e11, 9.4e11, Axis::linear, true}) ==
        Labels{"900000000000", "910000000000", "920000000000", "930000000000", "940000000000"});
  CHECK(labels({1.2345e15, 1.2346e15, Axis::linear}) ==
        Labels{"1.23450e+15", "1.23452e+15", "1.23454e+15", "1.23456e+15", "1.23458e+15", "1.23460e+15"});
  CHECK(labels({0, 2e13, Axis::linear}) == Labels{"0", "5.0e+12", "1.0e+13", "1.5e+13", "2.0e+13"});
}

TEST_CASE("numbers that a float can't tell apart are one number, in the middle") {
  for (const double value : {0.3, -0.3, 1e-9, 2.5e300, largest, -largest, 1.0}) {
    const double next = std::nextafter(value, -2 * value);
    const ChartAxis axis(std::min(value, next), std::max(value, next), Axis::linear);
    CAPTURE(value);
    CHECK(std::abs(axis.at(value) - axis.at(next)) <= 1e-6);
    CHECK(axis.ticks().size() >= 2);
    CHECK(axis.ticks().size() <= 12);
  }
  const ChartAxis one(0.1 + 0.2, 0.1 + 0.2, Axis::linear);
  CHECK(std::abs(one.at(0.3) - 0.5) <= 1e-9);
  CHECK(labels({0, 0, Axis::linear}) == Labels{"-0.4", "-0.2", "0", "0.2", "0.4"});
}

TEST_CASE("an axis may be longer than the largest number, and shorter than the smallest but 0") {
  const ChartAxis longest(-largest, largest, Axis::linear);
  CHECK(longest.at(-largest) == 0);
  CHECK(longest.at(0) == 0.5);
  CHECK(longest.at(largest) == 1);
  CHECK(labels(longest) == Labels{"-1.5e+308", "-1.0e+308", "-5.0e+307", "0", "5.0e+307", "1.0e+308", "1.5e+308"});
  check_axis(0, least, Axis::linear, false);
  check_axis(-least, least, Axis::linear, false);
  check_axis(least, 1e-310, Axis::linear, false);
  check_axis(least, largest, Axis::logarithmic, false);
  check_axis(least, least, Axis::logarithmic, false);
  check_axis(1e-307, 1.001e-307, Axis::logarithmic, false);
  check_axis(largest, largest, Axis::logarithmic, false);
}

TEST_CASE("an axis over any finite numbers has few ticks, all different, all on it") {
  const Random random(Seed{1}, 0);
  std::uint64_t next = 0;
  const auto any = [&] {
    for (;;) {
      const std::uint64_t bits = std::uint64_t{random.bits(next)} << 32 | random.bits(next + 1);
      next += 2;
      double value;
      std::memcpy(&value, &bits, sizeof value);
      if (io::has_place(value, Axis::linear)) return value;
    }
  };
  for (int i = 0; i < 20'000; ++i) {
    const double a = any();
    // Far apart, or some units in the last place, or parts of a thousand.
    const double b = i % 3 == 0   ? any()
                     : i % 3 == 1 ? a * (1 + static_cast<double>(random.bits(next++) % 4096) * 1e-16)
                                  : a * (1 + static_cast<double>(random.bits(next++) % 4096) * 1e-9);
    if (!io::has_place(b, Axis::linear)) continue;
    check_axis(std::min(a, b), std::max(a, b), Axis::linear, false);
    const double c = std::abs(a), d = std::abs(b);
    if (c > 0 && d > 0) check_axis(std::min(c, d), std::max(c, d), Axis::logarithmic, false);
    check_axis(std::floor(std::min(a, b)), std::floor(std::max(a, b)), Axis::linear, true);
  }
}

TEST_CASE("what has no place on an axis") {
  for (const double none : {std::nan(""), HUGE_VAL, -HUGE_VAL}) CHECK_FALSE(io::has_place(none, Axis::linear));
  for (const double none : {0.0, -1.0, -HUGE_VAL}) CHECK_FALSE(io::has_place(none, Axis::logarithmic));
  for (const double value : {0.0, -1.0, largest, least}) CHECK(io::has_place(value, Axis::linear));
}
