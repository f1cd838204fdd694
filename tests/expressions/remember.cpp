// SPDX-License-Identifier: MIT
#include "odot/expressions/remember.hpp"

#include <doctest/doctest.h>

#include <cstddef>

#include "odot/expressions.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_operands.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class S>
using WholeRun = kernels::detail::PackedRun<S, true>;

/// The first lane of what a node gives to a run at the start of its elements.
template <class Run, class Node>
auto loaded(const Run& run, const Node& node) {
  using In = expressions::Space<typename Node::shape, true, 1, false>;
  return first_of(node.template load<In>(run));
}
template <class S>
WholeRun<S> run_at_start() {
  return {0, 0, 0, kernels::simd::lanes<S>};
}

}  // namespace

TEST_CASE_TEMPLATE("a run that remembers a part gives its value, and computes the others", S, float, double) {
  using namespace odot::expressions;
  auto x = drawn<Shape<64>, S>(1, 1);
  x[0](0) = S(0.5);
  const auto root = sqrt(square(x));
  const auto sum = root + root * x;
  using Root = std::remove_const_t<decltype(root)>;
  using Number = typename WholeRun<S>::Number;
  const NoValues none;
  const auto run = run_at_start<S>();
  CHECK(loaded(run, sum) == S(0.75));
  const Values<NoValues, Root, Number> values{none, Number(S(10))};
  const Remembering<WholeRun<S>, Values<NoValues, Root, Number>> remembering{run, values};
  CHECK(loaded(remembering, sum) == S(15));
  CHECK(loaded(remembering, square(x)) == S(0.25));
}

TEST_CASE_TEMPLATE("one number stands for a whole row, beside values of runs", S, float, double) {
  using namespace odot::expressions;
  const auto x = drawn<Shape<64>, S>(1, 1);
  const auto of_run = sqrt(square(x));
  const auto of_row = exp(x);
  using OfRun = std::remove_const_t<decltype(of_run)>;
  using OfRow = std::remove_const_t<decltype(of_row)>;
  using Number = typename WholeRun<S>::Number;
  const NoValues none;
  using First = Values<NoValues, OfRow, S>;
  using Both = Values<First, OfRun, Number>;
  const First first{none, S(3)};
  const Both both{first, Number(S(4))};
  const Remembering<WholeRun<S>, Both> remembering{run_at_start<S>(), both};
  CHECK(loaded(remembering, of_row * of_run) == S(12));
  static_assert(holds_value<Both, OfRow> && holds_value<Both, OfRun> && !holds_value<First, OfRun>);
  static_assert(remembers<Remembering<WholeRun<S>, First>, OfRow> && !remembers<WholeRun<S>, OfRow>);
}

TEST_CASE("elements in memory are remembered too") {
  using namespace odot::expressions;
  const auto x = drawn<Shape<64>, float>(1, 1);
  const auto source = node_of(x);
  using Source_ = std::remove_const_t<decltype(source)>;
  using Number = typename WholeRun<float>::Number;
  const NoValues none;
  const Values<NoValues, Source_, Number> values{none, Number(2.0f)};
  const Remembering<WholeRun<float>, Values<NoValues, Source_, Number>> remembering{run_at_start<float>(), values};
  CHECK(loaded(remembering, x * x + 1) == 5);
}
