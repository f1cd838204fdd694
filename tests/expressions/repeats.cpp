// SPDX-License-Identifier: MIT
#include "odot/expressions/repeats.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/expressions.hpp"
#include "odot/kernels/matmul/cpu/matmul.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_rows.hpp"

using namespace odot;
using namespace odot::test;
namespace parts = odot::expressions::detail;

namespace {

/// The identity, which counts the elements that it computes.
struct Counted : expressions::CostlyOfNumbers {
  static inline std::size_t elements = 0;
  template <class N>
  auto operator()(const N& a) const {
    elements += N::count;
    return a;
  }
};
template <expressions::Operand A>
auto counted(A&& a) {
  return parts::unary<Counted>(std::forward<A>(a));
}

/// How many elements of `counted` a piece of work computes.
template <class Work>
std::size_t computed(const Work& work) {
  Counted::elements = 0;
  work();
  return Counted::elements;
}

}  // namespace

TEST_CASE_TEMPLATE("costly parts that occur more than once have the right value", S, float, double) {
  for (const std::size_t samples : {0, 1, 3, 600}) check_repeats<Cpu, S>(samples);
}

TEST_CASE_TEMPLATE("also in several results of one pass", S, float, double) {
  for (const std::size_t samples : {1, 3, 130}) check_repeats_in_several_results<Cpu, S>(samples);
}

TEST_CASE("parts are the same where their functions, elements and numbers are") {
  const Batch<Shape<4>> x(2), z(2);
  CHECK(parts::is_same(exp(2 * x), exp(2 * x)));
  CHECK(!parts::is_same(exp(2 * x), exp(3 * x)));
  CHECK(!parts::is_same(exp(2 * x), exp(2 * z)));
  CHECK(parts::is_same(exp(-0.0 * x), exp(-0.0 * x)));
  CHECK(!parts::is_same(exp(0.0 * x), exp(-0.0 * x)));
}

TEST_CASE("remembered are costly parts that occur more than once, and those that are constant in a row") {
  const Batch<Shape<3, 20>> x(1);
  const Tensor<Shape<3, 1>> a;
  const auto s = sigmoid(x);
  const auto twice = s * s;
  const auto once = s * x;
  const auto of_rows = x / (1 / (2 + a));
  const auto cheap = (x + x) * (x + x);
  const auto chosen = []<class Node>(const Node&) {
    using In = expressions::Space<Shape<3, 20>, true, 1, false>;
    using All = typename parts::CostlyNodes<Node, false>::type;
    return std::pair(parts::ChosenFrom<In, true, true, All>::type::size,
                     parts::ChosenFrom<In, true, false, All>::type::size);
  };
  CHECK(chosen(twice) == std::pair(std::size_t{0}, std::size_t{1}));
  CHECK(chosen(once) == std::pair(std::size_t{0}, std::size_t{0}));
  CHECK(chosen(of_rows) == std::pair(std::size_t{1}, std::size_t{0}));
  CHECK(chosen(cheap) == std::pair(std::size_t{0}, std::size_t{0}));
}

TEST_CASE("an operand is evaluated once per element, whatever uses it") {
  // Whole registers: surplus numbers of a register would be counted.
  Workspace<Cpu> workspace(1);
  const WorkspaceScope<Cpu> scope(workspace);
  Batch<Shape<16, 64>> x(3), y(3);
  fill(x, 0.5f);
  Batch<Shape<16, 1>> of_rows(3);
  Tensor<Shape<16, 64>> over_samples;
  const std::size_t size = x.size();
  CHECK(computed([&] { y = counted(x); }) == size);
  CHECK(computed([&] { y += counted(x); }) == size);
  CHECK(computed([&] { y = 2 * y - counted(y) * x; }) == size);
  CHECK(computed([&] { y = clamp(counted(x), 0, 1); }) == size);
  CHECK(computed([&] { y = select(counted(x) > 0, x, y); }) == size);
  CHECK(computed([&] { of_rows = sum<1>(counted(x)); }) == size);
  CHECK(computed([&] { of_rows = mean<1>(counted(x)); }) == size);
  CHECK(computed([&] { y = x / (1 + (max<1>(counted(x)))); }) == size);
  CHECK(computed([&] { y = x - sum<0, 1>(counted(x)); }) == size);
  CHECK(computed([&] { over_samples = batch_sum(counted(x)); }) == size);
  CHECK(computed([&] { over_samples = batch_mean(counted(x)); }) == size);
  CHECK(computed([&] { y = transpose(transpose(counted(x))); }) == size);
  CHECK(computed([&] { const auto copy = eval(counted(x)); }) == size);
  Batch<Shape<16, 16>> products(3);
  CHECK(computed([&] { products = matmul(counted(x), transpose(x)); }) == size);
  CHECK(computed([&] { products += matmul(x, transpose(counted(x))); }) == size);
  CHECK(computed([&] { assign(y, counted(x), over_samples, batch_sum(x)); }) == size);
}
