#pragma once
// SPDX-License-Identifier: MIT
// The parts of reductions on the Gpu: how terms are loaded, combined and finished.

#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/kernels/parallel/gpu/access.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels::gpu {

namespace detail {

/// The terms of one element, each converted to Total.
template <class Total, class S>
ODOT_HOST_DEVICE Terms<Total, 1> totals_of(const Lanes<S, 1>& term) {
  return {{static_cast<Total>(term.values[0])}};
}
template <class Total, class S, std::size_t K>
ODOT_HOST_DEVICE Terms<Total, K> totals_of(const Terms<Lanes<S, 1>, K>& terms) {
  Terms<Total, K> totals;
  ODOT_UNROLL
  for (std::size_t k = 0; k < K; ++k) totals[k] = static_cast<Total>(terms[k].values[0]);
  return totals;
}

template <class S, class Total, class Program>
struct LoadTerms {
  std::size_t columns;
  Program program;
  ODOT_HOST_DEVICE auto operator()(std::size_t row, std::size_t column) const {
    return totals_of<Total>(call(program, run_of_one<S>(row, columns, column)));
  }
};
template <class Reduction>
struct CombineTerms {
  template <class Total, std::size_t K>
  ODOT_HOST_DEVICE Terms<Total, K> operator()(const Terms<Total, K>& a, const Terms<Total, K>& b) const {
    Terms<Total, K> both;
    ODOT_UNROLL
    for (std::size_t k = 0; k < K; ++k) both[k] = Reduction::combine(a[k], b[k]);
    return both;
  }
};
template <class Program>
struct FinishRow {
  Program program;
  template <class Totals>
  ODOT_HOST_DEVICE void operator()(std::size_t row, const Totals& totals) const {
    program.finish(row, totals);
  }
};
template <class S, class Program>
struct FinishColumn {
  std::size_t columns;
  Program program;
  template <class Total, std::size_t K>
  ODOT_HOST_DEVICE void operator()(std::size_t column, const Terms<Total, K>& totals) const {
    Terms<Lanes<S, 1>, K> numbers;
    ODOT_UNROLL
    for (std::size_t k = 0; k < K; ++k) numbers[k] = Lanes<S, 1>(static_cast<S>(totals[k]));
    program.finish(run_of_one<S>(0, columns, column), numbers);
  }
};

/// K terms of an empty reduction.
template <class Reduction, class Total, std::size_t K>
ODOT_HOST_DEVICE Terms<Total, K> nothing() {
  Terms<Total, K> totals;
  ODOT_UNROLL
  for (std::size_t k = 0; k < K; ++k) totals[k] = Reduction::template identity<Total>;
  return totals;
}
template <class S, class Total, class Program>
using TermsOf = decltype(std::declval<const LoadTerms<S, Total, Program>&>()(std::size_t{0}, std::size_t{0}));

}  // namespace detail

/// How many terms a row's program has.
template <class S, class Term>
inline constexpr std::size_t terms_of_row =
    decltype(detail::totals_of<S>(std::declval<const Term&>()(std::declval<LaneRun<S, 1, true>>())))::count;

}  // namespace odot::kernels::gpu
