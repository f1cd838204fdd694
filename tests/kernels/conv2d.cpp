// SPDX-License-Identifier: MIT
#include "odot/kernels/conv2d/cpu/conv2d.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "support/conv2d_contract.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::Conv2d<Cpu>;

template <std::size_t C, std::size_t H, std::size_t W, std::size_t O, std::size_t K, std::size_t Stride,
          std::size_t Padding>
using Geometry = kernels::ConvGeometry<Shape<C, H, W>, O, K, Stride, Padding>;

/// Gradients of a 3×3 convolution where every product is the same.
template <std::size_t H, std::size_t W>
void check_large_image() {
  using G = Geometry<1, H, W, 1, 3, 1, 1>;
  ConvProblem<G, float> p(1);
  std::ranges::fill(p.x.span(), 0.1f);
  std::ranges::fill(p.dy.span(), 0.1f);
  p.backward(1, true, true);
  const double size = H * W, value = 0.1f;
  CHECK(std::abs(p.dbias(0) / (size * value) - 1) <= 2e-6);
  CHECK(std::abs(p.dweight(0, 0, 1, 1) / (size * value * value) - 1) <= 2e-6);
}

}  // namespace

static_assert(Geometry<3, 5, 4, 5, 3, 1, 1>::out_h == 5 && Geometry<3, 5, 4, 5, 3, 1, 1>::out_w == 4);
static_assert(Geometry<2, 7, 6, 3, 3, 2, 1>::out_h == 4 && Geometry<2, 7, 6, 3, 3, 2, 1>::out_w == 3);
static_assert(Kernel::direct<Geometry<3, 5, 4, 5, 3, 1, 1>> && Kernel::direct<Geometry<3, 5, 4, 5, 1, 1, 0>>);
static_assert(!Kernel::direct<Geometry<3, 5, 4, 5, 3, 2, 1>> && !Kernel::direct<Geometry<3, 5, 4, 5, 1, 1, 1>>);

TEST_CASE("direct convolution, 3x3 with padding 1, fulfils its contract") {
  check_conv2d<Geometry<3, 5, 4, 5, 3, 1, 1>, double>(1, 1e-14);
  check_conv2d<Geometry<3, 5, 4, 5, 3, 1, 1>, double>(35, 1e-13);
  check_conv2d<Geometry<2, 9, 23, 3, 3, 1, 1>, float>(6, 2e-6);  // several registers a line
}

TEST_CASE("direct convolution without padding fulfils its contract") {
  check_conv2d<Geometry<2, 7, 6, 3, 3, 1, 0>, double>(3, 1e-14);
  check_conv2d<Geometry<2, 3, 3, 1, 3, 1, 0>, double>(2, 1e-14);  // one output position
}

TEST_CASE("direct convolution with kernels of 1x1 and 5x5 fulfils its contract") {
  check_conv2d<Geometry<3, 4, 5, 1, 1, 1, 0>, double>(5, 1e-14);
  check_conv2d<Geometry<2, 6, 7, 3, 5, 1, 2>, double>(3, 1e-14);
}

TEST_CASE("convolution by im2col with strides fulfils its contract") {
  check_conv2d<Geometry<3, 6, 8, 5, 2, 2, 0>, double>(3, 1e-14);
  check_conv2d<Geometry<2, 7, 6, 3, 3, 2, 1>, double>(33, 1e-13);
}

TEST_CASE("convolution by im2col with as much padding as kernel fulfils its contract") {
  check_conv2d<Geometry<2, 3, 4, 3, 1, 1, 1>, double>(2, 1e-14);
}

TEST_CASE("gradients of large images keep float's precision") {
  check_large_image<700, 701>();
  check_large_image<1, 100'000>();
}

TEST_CASE("rows that a stride leaves over get no gradient") {
  // 2×2 kernel, stride 2, over 5×3: the last row and column are never read.
  using G = Geometry<1, 5, 3, 1, 2, 2, 0>;
  ConvProblem<G, double> p(1);
  p.backward(1, true, true);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 3; ++j) CHECK((p.dx[0](0, i, j) == 0) == (i == 4 || j == 2));
}
