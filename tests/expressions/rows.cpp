// SPDX-License-Identifier: MIT
#include "odot/expressions/rows.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/expressions.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_rows.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("rows of one register, of a few and of many are reduced and written") {
  check_rows<Cpu, float, 1, 10, 17, 65>(3);
  check_rows<Cpu, float, 1025, 4097>(1);
  check_rows<Cpu, double, 3, 33, 600>(2);
}

TEST_CASE_TEMPLATE("what several reductions of a row need is computed once and kept", S, float, double) {
  check_row_of_several_reductions<Cpu, S, 6>(3);
  check_row_of_several_reductions<Cpu, S, 50>(3);
  check_row_of_several_reductions<Cpu, S, 300>(3);
}

TEST_CASE("rows are written where they were read, added, and written to a slice") {
  check_targets_of_rows<Cpu, float, 10>(3);
  check_targets_of_rows<Cpu, float, 300>(2);
  check_targets_of_rows<Cpu, double, 301>(2);
}

TEST_CASE("rows of two operands of one type are not taken for one") {
  check_rows_of_two_operands<Cpu, float, 10>(3);
  check_rows_of_two_operands<Cpu, double, 200>(3);
}

TEST_CASE_TEMPLATE("NaN and infinities stay in their rows", S, float, double) {
  check_rows_of_no_numbers<Cpu, S, 10>();
  check_rows_of_no_numbers<Cpu, S, 130>();
}

TEST_CASE_TEMPLATE("functions of numbers that are the same for a whole row", S, float, double) {
  check_numbers_of_rows<Cpu, S>(3);
}

TEST_CASE("no rows are no work") { check_rows<Cpu, float, 10>(0); }

TEST_CASE("a row's bits do not depend on where it lies, or on threads") {
  const auto bits = [](const auto& x, int threads) {
    Workspace<> workspace(threads);
    const WorkspaceScope<Cpu> scope(workspace);
    const auto e = exp(x - max<0>(x));
    return host_values(e / sum<0>(e));
  };
  const auto check = [&]<std::size_t C>(std::integral_constant<std::size_t, C>) {
    const auto x = drawn<Shape<C>, float>(900, 1);
    const auto on_one = bits(x, 1);
    CHECK(bits(x, 3) == on_one);
    for (const std::size_t n : {std::size_t{0}, std::size_t{7}, std::size_t{899}}) {
      Batch<Shape<C>> alone(1);
      std::copy_n(x[n].data(), C, alone.data());
      const auto of_row = bits(alone, 1);
      CHECK(std::equal(of_row.begin(), of_row.end(), on_one.begin() + static_cast<std::ptrdiff_t>(n * C)));
    }
  };
  check(std::integral_constant<std::size_t, 10>());
  check(std::integral_constant<std::size_t, 77>());
}

// ---- Which parts are kept

namespace {

template <class Expression>
struct KeptIn {
  using Target = typename Expression::shape;
  using In = expressions::Space<Target, Expression::batched, 1, false>;
  using Value = decltype(expressions::detail::resolve_rows<Target, Expression::batched, 1>(
      std::declval<expressions::Evaluation<Cpu>&>(), std::declval<const Expression&>()));
  using OfRow =
      typename expressions::detail::ChosenFrom<In, true, true,
                                               typename expressions::detail::CostlyNodes<Value, true>::type>::type;
  using type = typename expressions::detail::KeptOf<In, Value, OfRow>::type;
  static constexpr bool is_any = !std::is_same_v<type, expressions::detail::NoNode>;
};

}  // namespace

TEST_CASE("kept is what a reduction computes and something needs again, and nothing else") {
  const Batch<Shape<10>> x(1);
  const auto e = exp(x - max<0>(x));
  const auto softmax = e / sum<0>(e);
  const auto once = x - log(sum<0>(e));
  const auto cheap = (x - mean<0>(x)) / sum<0>(square(x - mean<0>(x)));
  CHECK(KeptIn<std::remove_const_t<decltype(softmax)>>::is_any);
  CHECK(!KeptIn<std::remove_const_t<decltype(once)>>::is_any);
  CHECK(!KeptIn<std::remove_const_t<decltype(cheap)>>::is_any);
}
