// SPDX-License-Identifier: MIT
#include "odot/expressions/print.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include "odot/expressions.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

using namespace odot;

namespace {
template <class A>
std::string text(const A& a) {
  std::ostringstream out;
  out << a;
  return out.str();
}
}  // namespace

TEST_CASE("tensors print as numpy's arrays") {
  CHECK(text(Tensor<Shape<3>>{1, 2.5, -3}) == "[  1 2.5  -3]");
  CHECK(text(Tensor<Shape<2, 2>>{1, 2, 3, 40}) == "[[ 1  2]\n [ 3 40]]");
  CHECK(text(Tensor<Shape<2, 1, 2>>{1, 2, 3, 4}) == "[[[1 2]]\n\n [[3 4]]]");
  CHECK(text(Tensor<Shape<>>{7}) == "7");
  CHECK(text(Tensor<Shape<2>, std::int32_t>{-1, 10}) == "[-1 10]");
  CHECK(text(Tensor<Shape<2>>{std::numeric_limits<float>::infinity(), 0}) == "[inf   0]");
}

TEST_CASE("batches, views, slices and expressions print too") {
  const Batch<Shape<2>> x(2, {1, 2, 3, 4});
  CHECK(text(x) == "[[1 2]\n [3 4]]");
  CHECK(text(x.view()) == text(x));
  CHECK(text(x * 2) == "[[2 4]\n [6 8]]");
  CHECK(text(transpose(Tensor<Shape<2, 2>>{1, 2, 3, 4})) == "[[1 3]\n [2 4]]");
  CHECK(text(x[1]) == "[3 4]");
  CHECK(text(Batch<Shape<2>>()) == "[]");
}

TEST_CASE("of more than a thousand elements the first and last are printed") {
  Tensor<Shape<1001>> x;
  for (std::size_t i = 0; i < x.size(); ++i) x(i) = static_cast<float>(i);
  CHECK(text(x) == "[   0    1    2 ...  998  999 1000]");
}
