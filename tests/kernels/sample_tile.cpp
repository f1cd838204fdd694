// SPDX-License-Identifier: MIT
#include "odot/kernels/sample_tile.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

using namespace odot::kernels;

namespace {

/// x[sample][element] of rows that are `stride` apart.
template <class S>
S numbered(std::size_t sample, std::size_t element) {
  return static_cast<S>(100 * (sample + 1) + element);
}

template <std::size_t Elements, class S>
void check_tile(std::size_t samples) {
  constexpr std::size_t L = simd::lanes<S>, stride = Elements + 5;
  CAPTURE(Elements);
  CAPTURE(samples);
  std::vector<S> x(L * stride, S{-1}), tile(Elements * L, S{-1}), back(L * stride, S{-1});
  for (std::size_t l = 0; l < samples; ++l)
    for (std::size_t e = 0; e < Elements; ++e) x[l * stride + e] = numbered<S>(l, e);

  load_tile<Elements>(x.data(), stride, samples, tile.data());
  for (std::size_t e = 0; e < Elements; ++e)
    for (std::size_t l = 0; l < L; ++l) CHECK(tile[e * L + l] == (l < samples ? numbered<S>(l, e) : S{0}));

  store_tile<Elements>(tile.data(), stride, samples, back.data());
  CHECK(back == x);  // and nothing between the rows, and no row past the samples

  std::vector<S> sums(Elements + L, S{1}), others(Elements + L, S{2});
  add_lane_sums<Elements>(tile.data(), sums.data(), others.data());
  for (std::size_t e = 0; e < Elements + L; ++e) {
    S expected{0};
    for (std::size_t l = 0; e < Elements && l < samples; ++l) expected += numbered<S>(l, e);
    CHECK(sums[e] == 1 + expected);
    CHECK(others[e] == 2 + expected);
  }
}

template <class S>
void check_all_samples() {
  for (std::size_t samples = 1; samples <= simd::lanes<S>; ++samples) {
    check_tile<1, S>(samples);
    check_tile<simd::lanes<S>, S>(samples);
    check_tile<3 * simd::lanes<S> + 3, S>(samples);
  }
}

}  // namespace

TEST_CASE("a tile of floats holds its samples side by side, zeros beside them, and gives them back") {
  check_all_samples<float>();
}

TEST_CASE("a tile of doubles holds its samples side by side, zeros beside them, and gives them back") {
  check_all_samples<double>();
}

TEST_CASE("the elements of a tile can go where the caller wants them") {
  constexpr std::size_t L = simd::lanes<float>, elements = L + 3;
  std::vector<float> x(L * elements), reversed(elements * L, -1.0f);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  load_elements(x.data(), elements, elements, L,
                [&](std::size_t e) { return reversed.data() + (elements - 1 - e) * L; });
  for (std::size_t e = 0; e < elements; ++e)
    for (std::size_t l = 0; l < L; ++l) CHECK(reversed[(elements - 1 - e) * L + l] == x[l * elements + e]);
}
