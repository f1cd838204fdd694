// SPDX-License-Identifier: MIT
#include "odot/kernels/simd_partial.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "odot/kernels/simd_packet.hpp"

namespace simd = odot::kernels::simd;

namespace {

/// A vector's numbers from `from` on are at the end of its memory: a sanitizer sees what is read or written behind them.
template <class S>
std::vector<S> numbers(std::size_t count) {
  std::vector<S> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<S>(i + 1);
  return all;
}

/// `count` as a constant, which stores know, and as a number that they do not.
template <std::size_t Count, class S>
void check_stores() {
  constexpr std::size_t L = simd::lanes<S>;
  const auto all = numbers<S>(L);
  const auto packet = simd::load(all.data());
  const volatile std::size_t hidden = Count;
  for (const bool constant : {true, false}) {
    std::vector<S> to(L + 1, S{-1});
    if (constant) simd::store_first(to.data(), Count, packet);
    else simd::store_first(to.data(), static_cast<std::size_t>(hidden), packet);
    CAPTURE(Count);
    CAPTURE(constant);
    for (std::size_t i = 0; i < to.size(); ++i) CHECK(to[i] == (i < Count ? all[i] : S{-1}));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("the first numbers are loaded, and zeros beside them", S, float, double) {
  constexpr std::size_t L = simd::lanes<S>;
  for (std::size_t count = 0; count < L; ++count) {
    CAPTURE(count);
    const auto from = numbers<S>(count);
    S lanes[L];
    simd::store(lanes, simd::load_first(from.data(), count));
    for (std::size_t l = 0; l < L; ++l) CHECK(lanes[l] == (l < count ? from[l] : S{0}));
  }
}

TEST_CASE_TEMPLATE("the first numbers are stored, and nothing behind them", S, float, double) {
  []<std::size_t... Count>(std::index_sequence<Count...>) {
    (check_stores<Count, S>(), ...);
  }(std::make_index_sequence<simd::lanes<S>>());
}

TEST_CASE_TEMPLATE("the first lanes are one packet's, the others another's", S, float, double) {
  constexpr std::size_t L = simd::lanes<S>;
  const auto all = numbers<S>(L);
  for (std::size_t count = 0; count <= L; ++count) {
    CAPTURE(count);
    S lanes[L];
    simd::store(lanes, simd::first_of(count, simd::load(all.data()), simd::all(S{-3})));
    for (std::size_t l = 0; l < L; ++l) CHECK(lanes[l] == (l < count ? all[l] : S{-3}));
  }
}
