// SPDX-License-Identifier: MIT
#include "odot/core/shape.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>

using namespace odot;

static_assert(Shape<3, 4, 5>::rank == 3 && Shape<3, 4, 5>::size == 60);
static_assert(Shape<>::rank == 0 && Shape<>::size == 1, "Shape<> is a scalar");
static_assert(Shape<3, 4, 5>::extents == std::array<std::size_t, 3>{3, 4, 5});
static_assert(Shape<3, 4, 5>::extent<0>() == 3 && Shape<3, 4, 5>::extent<2>() == 5);
static_assert(ShapeType<Shape<>> && ShapeType<Shape<1, 28, 28>> && !ShapeType<int>);
static_assert(Shape<>::offset() == 0);

TEST_CASE("offsets count elements in row-major order") {
  using S = Shape<2, 3, 4>;
  std::size_t expected = 0;
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t h = 0; h < 3; ++h)
      for (std::size_t w = 0; w < 4; ++w) CHECK(S::offset(c, h, w) == expected++);
  CHECK(expected == S::size);
}

TEST_CASE("a size beyond 32 bits does not overflow") {
  CHECK(Shape<65536, 65536, 4>::size == 17179869184u);
  CHECK(Shape<65536, 65536, 4>::offset(65535, 65535, 3) == 17179869183u);
}

TEST_CASE("a shape reads as a list of extents") {
  CHECK(Shape<1, 28, 28>::to_string() == "[1, 28, 28]");
  CHECK(Shape<10>::to_string() == "[10]");
  CHECK(Shape<>::to_string() == "[]");
}
