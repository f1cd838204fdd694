// SPDX-License-Identifier: MIT
#include "odot/kernels/simd_convert.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "odot/kernels/simd_packet.hpp"

namespace simd = odot::kernels::simd;

namespace {

/// Least, largest and some numbers between, in every lane.
template <class S, class T>
void check_loads() {
  constexpr std::size_t L = simd::lanes<S>;
  using Limits = std::numeric_limits<T>;
  const T numbers[] = {T(0), T(1), T(7), Limits::max(), Limits::lowest(), T(Limits::max() / 3)};
  for (std::size_t first = 0; first < std::size(numbers); ++first) {
    std::vector<T> from(L);
    for (std::size_t l = 0; l < L; ++l) from[l] = numbers[(first + l) % std::size(numbers)];
    S lanes[L];
    simd::store(lanes, simd::load_converted<S>(from.data()));
    for (std::size_t l = 0; l < L; ++l) CHECK(lanes[l] == static_cast<S>(from[l]));
  }
}
template <class S, class... T>
void check_loads_of() {
  (check_loads<S, T>(), ...);
}

}  // namespace

TEST_CASE_TEMPLATE("numbers of every type are converted as plain ones are", S, float, double) {
  check_loads_of<S, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                 std::uint64_t, float>();
  const bool truths[16] = {true, false, false, true, true, true, false, true, false};
  S lanes[simd::lanes<S>];
  simd::store(lanes, simd::load_converted<S>(truths));
  for (std::size_t l = 0; l < simd::lanes<S>; ++l) CHECK(lanes[l] == static_cast<S>(truths[l]));
}

TEST_CASE("packets of floats are added to doubles, or take their place") {
  constexpr std::size_t L = simd::lanes<float>;
  float values[L];
  for (std::size_t l = 0; l < L; ++l) values[l] = static_cast<float>(l) + 0.1f;
  std::vector<double> sums(L + 1, 1e9);
  simd::add_to(false, sums.data(), simd::load(values));
  for (std::size_t l = 0; l < L; ++l) CHECK(sums[l] == 1e9 + static_cast<double>(values[l]));
  simd::add_to(true, sums.data(), simd::load(values));
  for (std::size_t l = 0; l < L; ++l) CHECK(sums[l] == static_cast<double>(values[l]));
  CHECK(sums[L] == 1e9);
}
