// SPDX-License-Identifier: MIT
#include "odot/kernels/eigen.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

using namespace odot::kernels;

static_assert(!std::is_assignable_v<decltype(matrix<const float>(nullptr, 0, 0)(0, 0)), float>,
              "const data stays const");

TEST_CASE("a matrix map is row-major and writes through") {
  std::vector<double> values{1, 2, 3, 4, 5, 6};
  auto map = matrix(values.data(), 2, 3);
  CHECK(map(0, 2) == 3);
  CHECK(map(1, 0) == 4);
  map(1, 2) = 60;
  CHECK(values[5] == 60);
}

TEST_CASE("vector and array maps see the same numbers") {
  const std::vector<float> values{1, 2, 3};
  CHECK(row_vector(values.data(), 3).sum() == 6);
  CHECK(array(values.data() + 1, 2).square().sum() == 13);  // 4 + 9
}
