#pragma once
// SPDX-License-Identifier: MIT
// Each token together with those before it: copies of rows, and sums of their gradients.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// Rows are the Count parts of y's tokens; part k is the token k places before.
template <class S, std::size_t L, std::size_t D, std::size_t Count>
struct RecentTokensForward {
  const S* x;
  S* y;

  /// The token that the row copies; null before the first.
  ODOT_HOST_DEVICE const S* of_row(std::size_t row) const {
    const std::size_t token = row / Count, back = row % Count;
    return back <= token % L ? x + (token - back) * D : nullptr;
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const S* from) const {
    run.store(y, from ? run.load_column(from) : run.number(0));
  }
};

/// A row is a token of dx: the sum of the parts of dy that copied it.
template <class S, std::size_t L, std::size_t D, std::size_t Count>
struct RecentTokensBackward {
  const S* dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t after = L - 1 - run.row % L, last = after < Count - 1 ? after : Count - 1;
    auto sum = run.load_from(dy + run.row * (Count * D) + run.column);
    for (std::size_t back = 1; back <= last; ++back)
      sum = sum + run.load_from(dy + ((run.row + back) * Count + back) * D + run.column);
    run.store(dx, sum);
  }
};

/// Rows are sequences. A sequence's state holds the Count − 1 tokens before this one, the newest first.
template <class S, std::size_t D, std::size_t Count>
struct RecentTokensStep {
  const S* x;
  S *state, *y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    S* const kept = state + run.row * ((Count - 1) * D) + run.column;
    S* const to = y + run.row * (Count * D) + run.column;
    for (std::size_t back = Count - 1; back > 0; --back) {
      const auto token = run.load_from(kept + (back - 1) * D);
      run.store_to(to + back * D, token);
      if (back < Count - 1) run.store_to(kept + back * D, token);
    }
    const auto token = run.load(x);
    run.store_to(to, token);
    if (Count > 1) run.store_to(kept, token);
  }
};

}  // namespace detail

/// y[l] = [x[l], x[l − 1], …, x[l − Count + 1]], 0 before the first token.
/// Shapes  x [N, L, D] → y [N, L, Count·D]
/// Grad    dx[l] = Σ_k dy[l + k, part k] (overwritten)
template <class Device>
struct RecentTokens {
  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<L, D>, const S, Device> x,
                      BatchView<Shape<L, M>, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, x.samples() * (L * (M / D)), std::integral_constant<std::size_t, D>{},
                                      detail::RecentTokensForward<S, L, D, M / D>{x.data(), y.data()});
  }

  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<L, M>, const S, Device> dy,
                       BatchView<Shape<L, D>, S, Device> dx) {
    Parallel<Device>::template map<S>(workspace, dy.samples() * L, std::integral_constant<std::size_t, D>{},
                                      detail::RecentTokensBackward<S, L, D, M / D>{dy.data(), dx.data()});
  }

  /// The next token of every sequence, which takes its place in state [N, Count − 1, D], all 0 before the first token.
  template <class S, std::size_t D, std::size_t M>
  static void step(Workspace<Device>& workspace, BatchView<Shape<1, D>, const S, Device> x, S* state,
                   BatchView<Shape<1, M>, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, x.samples(), std::integral_constant<std::size_t, D>{},
                                      detail::RecentTokensStep<S, D, M / D>{x.data(), state, y.data()});
  }
};

}  // namespace odot::kernels
