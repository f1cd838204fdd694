// SPDX-License-Identifier: MIT
#include "odot/expressions/repeats.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include "odot/expressions.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_rows.hpp"

using namespace odot;
using namespace odot::test;
namespace parts = odot::expressions::detail;

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
