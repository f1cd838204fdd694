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

  std::vector<S> sums(Elements, S{1});
  add_lane_sums<Elements>(tile.data(), sums.data());
  for (std::size_t e = 0; e < Elements; ++e) {
    S expected{1};
    for (std::size_t l = 0; l < samples; ++l) expected += numbered<S>(l, e);
    CHECK(sums[e] == expected);
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

namespace {

/// The sums of a tile that comes row by row are those of the whole tile.
template <std::size_t Row>
void check_lane_sums(std::size_t rows) {
  constexpr std::size_t L = simd::lanes<float>;
  std::vector<float> memory(LaneSums<Row, float>::elements), sums(rows * Row, 1.0f);
  LaneSums<Row, float> lane_sums(memory.data());
  lane_sums.start(sums.data());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t e = 0; e < Row * L; ++e) lane_sums.row()[e] = static_cast<float>(i * Row + e / L);
    lane_sums.add();
  }
  lane_sums.finish();
  CAPTURE(Row);
  for (std::size_t e = 0; e < sums.size(); ++e) CHECK(sums[e] == static_cast<float>(1 + L * e));
}

}  // namespace

TEST_CASE("rows shorter than, as long as and longer than a block are summed over the lanes") {
  check_lane_sums<1>(9);
  check_lane_sums<3>(7);
  check_lane_sums<simd::lanes<float>>(2);
  check_lane_sums<28>(3);
  check_lane_sums<35>(2);
}
