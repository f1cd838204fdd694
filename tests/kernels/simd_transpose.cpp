// SPDX-License-Identifier: MIT
#include "odot/kernels/simd_transpose.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <numeric>
#include <vector>

namespace simd = odot::kernels::simd;

namespace {

/// Sums over lanes of `Count` rows, by shuffles where the compiler has them and by a transposition.
template <class S, std::size_t Count>
void check_lane_sums() {
  constexpr std::size_t L = simd::lanes<S>;
  std::vector<S> rows(L * L), sums(L), transposed(L);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<S>(i * i % 101);
  simd::store(sums.data(), simd::lane_sums<Count>(rows.data()));
  simd::store(transposed.data(), simd::detail::sums_by_transposing<Count>(rows.data()));
  CAPTURE(Count);
  for (std::size_t e = 0; e < L; ++e) {
    const S expected = e < Count ? std::accumulate(rows.data() + e * L, rows.data() + (e + 1) * L, S{0}) : S{0};
    CHECK(sums[e] == expected);
    CHECK(transposed[e] == expected);
  }
}

template <class S>
void check_all_lane_sums() {
  constexpr std::size_t L = simd::lanes<S>;
  check_lane_sums<S, 1>();
  check_lane_sums<S, (L + 1) / 2>();
  check_lane_sums<S, (3 * L + 1) / 4>();
  check_lane_sums<S, L>();
}

}  // namespace

TEST_CASE("sums over lanes, of as many rows as there are lanes or fewer") {
  check_all_lane_sums<float>();
  check_all_lane_sums<double>();
}

TEST_CASE("sums of two packets are those of each") {
  const auto check = []<class S>(S) {
    constexpr std::size_t L = simd::lanes<S>;
    std::vector<S> numbers(2 * L);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<S>(i * i % 101);
    const auto sums = simd::sums<S>(simd::load(numbers.data()), simd::load(numbers.data() + L));
    CHECK(sums.first == std::accumulate(numbers.data(), numbers.data() + L, S{0}));
    CHECK(sums.second == std::accumulate(numbers.data() + L, numbers.data() + 2 * L, S{0}));
  };
  check(float{});
  check(double{});
}
