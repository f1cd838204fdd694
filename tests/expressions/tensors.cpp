// SPDX-License-Identifier: MIT
#include "odot/expressions/tensors.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <utility>
#include <vector>

#include "odot/expressions.hpp"
#include "odot/expressions/eigen.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_operands.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// A second device, whose memory is the host's too.
struct Twin : Cpu {
  static constexpr const char* name = "twin";
};

template <class A>
std::vector<float> numbers(const A& a) {
  return {a.begin(), a.end()};
}

}  // namespace

TEST_CASE("eval and copy give elements of their own") {
  const Tensor<Shape<2, 2>> a{1, 2, 3, 4};
  const auto sum = eval(a + a);
  static_assert(std::is_same_v<decltype(sum), const Tensor<Shape<2, 2>>>);
  CHECK(numbers(sum) == std::vector<float>{2, 4, 6, 8});
  auto same = copy(a);
  same(0, 0) = 9;
  CHECK(a(0, 0) == 1);
  CHECK(numbers(copy(transpose(a))) == std::vector<float>{1, 3, 2, 4});
  const Batch<Shape<1>> x(3, {1, 2, 3});
  const auto doubled = eval(2 * x.view().subbatch(1, 2));
  static_assert(std::is_same_v<decltype(doubled), const Batch<Shape<1>>>);
  CHECK(numbers(doubled) == std::vector<float>{4, 6});
}

TEST_CASE("fill sets every element") {
  Tensor<Shape<2, 2>> a;
  fill(a, 3);
  CHECK(numbers(a) == std::vector<float>{3, 3, 3, 3});
  fill(slice<1, 0, 1>(a), 0.5);
  CHECK(numbers(a) == std::vector<float>{0.5, 3, 0.5, 3});
}

TEST_CASE("elements go to another device and back") {
  const Tensor<Shape<3>, double> a{1, 2, 3};
  const auto there = a.to<Twin>();
  static_assert(std::is_same_v<decltype(there), const Tensor<Shape<3>, double, Twin>>);
  CHECK(host_values(there.to<Cpu>()) == std::vector<double>{1, 2, 3});
  CHECK(host_values(to<Twin>(a.view())) == std::vector<double>{1, 2, 3});
  Batch<Shape<2>> x(3, {1, 2, 3, 4, 5, 6});
  x.resize(2);
  const auto two = x.to<Twin>();
  CHECK(two.samples() == 2);
  CHECK(numbers(to<Cpu>(two)) == std::vector<float>{1, 2, 3, 4});
  CHECK(numbers(to<Twin>(x * 2).to<Cpu>()) == std::vector<float>{2, 4, 6, 8});
  CHECK(Batch<Shape<2>>().to<Twin>().samples() == 0);
}

TEST_CASE("a temporary tensor lives as long as the expression that it is in") {
  const auto doubled = 2 * eval(Tensor<Shape<3>>{1, 2, 3} + 1);
  const auto turned = transpose(Tensor<Shape<2, 2>>{1, 2, 3, 4});
  const Tensor<Shape<3>> result = doubled;
  CHECK(numbers(result) == std::vector<float>{4, 6, 8});
  CHECK(numbers(eval(turned)) == std::vector<float>{1, 3, 2, 4});
}

TEST_CASE("Eigen reads and writes tensors, batches and views in place") {
  Tensor<Shape<2, 3>> a{1, 2, 3, 4, 5, 6};
  CHECK(eigen(a).rows() == 2);
  CHECK(eigen(a)(1, 0) == 4);
  eigen(a).row(0) *= 2;
  CHECK(numbers(a) == std::vector<float>{2, 4, 6, 4, 5, 6});
  Tensor<Shape<3>> v{1, 0, 1};
  Tensor<Shape<2>> product;
  eigen(product) = eigen(std::as_const(a)) * eigen(v.view());
  CHECK(numbers(product) == std::vector<float>{8, 10});
  const Batch<Shape<3, 1>> x(2, {1, 2, 3, 4, 5, 6});
  CHECK(eigen(x).rows() == 2);
  CHECK(eigen(x).cols() == 3);
  CHECK(eigen(x)(1, 2) == 6);
  CHECK(eigen(Tensor<Shape<2, 3, 4>>().view()).rows() == 6);
}
