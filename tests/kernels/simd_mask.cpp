// SPDX-License-Identifier: MIT
#include "odot/kernels/simd_mask.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/kernels/simd_packet.hpp"

namespace simd = odot::kernels::simd;

namespace {

/// Numbers that comparisons may get wrong.
template <class S>
const std::vector<S>& special_numbers() {
  using Limits = std::numeric_limits<S>;
  static const std::vector<S> numbers{Limits::quiet_NaN(),
                                      -Limits::quiet_NaN(),
                                      -Limits::infinity(),
                                      -Limits::max(),
                                      S{-1},
                                      -Limits::denorm_min(),
                                      S{-0.0},
                                      S{0.0},
                                      Limits::denorm_min(),
                                      S{1},
                                      std::nextafter(S{1}, S{2}),
                                      Limits::max(),
                                      Limits::infinity()};
  return numbers;
}

template <class S>
struct Pair {
  S a, b;
};

/// check(pairs) for packets of pairs of special numbers: every pair of them comes once in every lane.
template <class S, class Check>
void for_pairs(const Check& check) {
  constexpr std::size_t L = simd::lanes<S>;
  const auto& numbers = special_numbers<S>();
  const std::size_t count = numbers.size() * numbers.size();
  for (std::size_t first = 0; first < count; ++first) {
    Pair<S> pairs[L];
    for (std::size_t l = 0; l < L; ++l) {
      const std::size_t pair = (first + 5 * l) % count;
      pairs[l] = {numbers[pair / numbers.size()], numbers[pair % numbers.size()]};
    }
    check(pairs);
  }
}
template <class S>
auto packet_of(const Pair<S>* pairs, S Pair<S>::* side) {
  S lanes[simd::lanes<S>];
  for (std::size_t l = 0; l < simd::lanes<S>; ++l) lanes[l] = pairs[l].*side;
  return simd::load(lanes);
}

/// The same number, down to the sign of a zero; or both are NaN.
template <class S>
bool same(S actual, S expected) {
  return std::isnan(expected) ? std::isnan(actual)
                              : actual == expected && std::signbit(actual) == std::signbit(expected);
}

template <class S, class P, class Of>
void check_lanes(const Pair<S>* pairs, const P& packet, const Of& expected) {
  S lanes[simd::lanes<S>];
  simd::store(lanes, packet);
  for (std::size_t l = 0; l < simd::lanes<S>; ++l) {
    CAPTURE(pairs[l].a);
    CAPTURE(pairs[l].b);
    CHECK(same(lanes[l], static_cast<S>(expected(pairs[l].a, pairs[l].b))));
  }
}

/// A mask by all that is made of one; `holds` of two plain numbers.
template <class S, class Mask, class Holds>
void check_mask(const Pair<S>* pairs, const Mask& mask, const Holds& holds) {
  const auto a = packet_of(pairs, &Pair<S>::a), b = packet_of(pairs, &Pair<S>::b);
  check_lanes(pairs, simd::choose(mask, simd::all(S{1}), simd::all(S{2})),
              [&](S x, S y) { return holds(x, y) ? S{1} : S{2}; });
  check_lanes(pairs, simd::choose(mask, a, b), [&](S x, S y) { return holds(x, y) ? x : y; });
  check_lanes(pairs, simd::where(mask, a), [&](S x, S y) { return holds(x, y) ? x : S{0}; });
  bool some = false;
  for (std::size_t l = 0; l < simd::lanes<S>; ++l) some = some || holds(pairs[l].a, pairs[l].b);
  CHECK(simd::any(mask) == some);
}

}  // namespace

TEST_CASE_TEMPLATE("comparisons are those of plain numbers in every lane, NaN and signed zeros included", S, float,
                   double) {
  for_pairs<S>([](const Pair<S>* pairs) {
    const auto a = packet_of(pairs, &Pair<S>::a), b = packet_of(pairs, &Pair<S>::b);
    check_mask(pairs, simd::less(a, b), [](S x, S y) { return x < y; });
    check_mask(pairs, simd::less_or_equal(a, b), [](S x, S y) { return x <= y; });
    check_mask(pairs, simd::equal(a, b), [](S x, S y) { return x == y; });
    check_mask(pairs, simd::exceeds(a, b), [](S x, S y) { return !(x <= y); });
  });
}

TEST_CASE_TEMPLATE("masks are joined and turned lane by lane", S, float, double) {
  for_pairs<S>([](const Pair<S>* pairs) {
    const auto a = packet_of(pairs, &Pair<S>::a), b = packet_of(pairs, &Pair<S>::b);
    const auto less = simd::less(a, b), positive = simd::less(simd::all(S{0}), b);
    check_mask(pairs, simd::both(less, positive), [](S x, S y) { return x < y && 0 < y; });
    check_mask(pairs, simd::either(less, positive), [](S x, S y) { return x < y || 0 < y; });
    check_mask(pairs, simd::opposite(less), [](S x, S y) { return !(x < y); });
    check_mask(pairs, simd::opposite(simd::opposite(less)), [](S x, S y) { return x < y; });
    check_mask(pairs, simd::both(less, simd::opposite(less)), [](S, S) { return false; });
    check_mask(pairs, simd::either(less, simd::opposite(less)), [](S, S) { return true; });
  });
}

TEST_CASE_TEMPLATE("a mask that holds in one lane alone is seen, whichever lane it is", S, float, double) {
  constexpr std::size_t L = simd::lanes<S>;
  for (std::size_t lane = 0; lane < L; ++lane) {
    S lanes[L] = {};
    lanes[lane] = 1;
    const auto mask = simd::less(simd::all(S{0}), simd::load(lanes));
    CHECK(simd::any(mask));
    CHECK(simd::any(simd::opposite(mask)) == (L > 1));
    lanes[lane] = 0;
    CHECK(!simd::any(simd::less(simd::all(S{0}), simd::load(lanes))));
  }
}

TEST_CASE_TEMPLATE("choices by a comparison are those of plain numbers", S, float, double) {
  for_pairs<S>([](const Pair<S>* pairs) {
    const auto a = packet_of(pairs, &Pair<S>::a), b = packet_of(pairs, &Pair<S>::b);
    const auto three = simd::all(S{3}), four = simd::all(S{4});
    check_lanes(pairs, simd::where_positive(a, b), [](S x, S y) { return 0 < x ? y : S{0}; });
    check_lanes(pairs, simd::where_less(a, b, three, four), [](S x, S y) { return x < y ? S{3} : S{4}; });
    check_lanes(pairs, simd::where_less(a, b, a, b), [](S x, S y) { return x < y ? x : y; });
  });
}

TEST_CASE_TEMPLATE("the larger and the smaller number are NaN where one of the two is", S, float, double) {
  for_pairs<S>([](const Pair<S>* pairs) {
    const auto a = packet_of(pairs, &Pair<S>::a), b = packet_of(pairs, &Pair<S>::b);
    // Of zeros that differ in sign either may come: they are compared without it.
    const auto plain = [](const auto& packet) { return simd::add(packet, simd::all(S{0})); };
    const auto of = [](S x, S y, bool first) {
      return std::isnan(x) || std::isnan(y) ? x + y : (first ? x : y) + S{0};
    };
    check_lanes(pairs, plain(simd::larger_or_nan(a, b)), [&](S x, S y) { return of(x, y, x > y); });
    check_lanes(pairs, plain(simd::smaller_or_nan(a, b)), [&](S x, S y) { return of(x, y, x < y); });
  });
}
