#pragma once
// SPDX-License-Identifier: MIT
// The choice of a token.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/lengths.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// The token that SelectToken takes of sample n; `tokens` where none is valid.
constexpr std::size_t chosen_token(std::size_t token, const std::int32_t* lengths, std::size_t n, std::size_t tokens) {
  if (!lengths) return token;
  const std::size_t valid = valid_tokens(lengths, n, tokens);
  return valid == 0 ? tokens : valid - 1;
}

/// A row is a sample.
template <class S, std::size_t L, std::size_t D>
struct SelectTokenForward {
  const S* x;
  std::size_t token;
  const std::int32_t* lengths;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t chosen = chosen_token(token, lengths, run.row, L);
    if (chosen < L) run.store(y, run.load_column(x + (run.row * L + chosen) * D));
    else run.store(y, 0);
  }
};

/// A row is a token of dx.
template <class S, std::size_t L, std::size_t D>
struct SelectTokenBackward {
  const S* dy;
  std::size_t token;
  const std::int32_t* lengths;
  S* dx;

  /// The gradient of a token; null: 0.
  ODOT_HOST_DEVICE const S* of_row(std::size_t row) const {
    const std::size_t n = row / L, l = row % L;
    return l == chosen_token(token, lengths, n, L) ? dy + n * D : nullptr;
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const S* gradient) const {
    // y = x[chosen]
    if (gradient) run.store_with_prefetch(dx, run.load_column(gradient));
    else run.store_with_prefetch(dx, 0);
  }
};

}  // namespace detail

/// One token of each sample: number `token`, or the last valid one where there are lengths; 0 where none is valid.
/// Shapes  x [N, L, D], lengths [N] (optional) → y [N, D]
/// Grad    dx = dy in the chosen token, else 0 (overwritten; optional)
template <class Device>
struct SelectToken {
  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<L, D>, const S, Device> x, std::size_t token,
                      const std::int32_t* lengths, BatchView<Shape<D>, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, x.samples(), std::integral_constant<std::size_t, D>{},
                                      detail::SelectTokenForward<S, L, D>{x.data(), token, lengths, y.data()});
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<D>, const S, Device> dy, std::size_t token,
                       const std::int32_t* lengths, BatchView<Shape<L, D>, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, dx.samples() * L, std::integral_constant<std::size_t, D>{},
                                      detail::SelectTokenBackward<S, L, D>{dy.data(), token, lengths, dx.data()});
  }
};

}  // namespace odot::kernels
