#pragma once
// SPDX-License-Identifier: MIT
// The class token: copies, and the sum of its gradient.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/position_embedding.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a token of y, M of a sample.
template <class S, std::size_t M, std::size_t D>
struct ClassTokenForward {
  const S *x, *token;
  S* y;

  ODOT_HOST_DEVICE const S* of_row(std::size_t row) const {
    const std::size_t n = row / M, m = row % M;
    return m == 0 ? token : x + (n * (M - 1) + m - 1) * D;
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const S* from) const {
    run.store_with_prefetch(y, run.load_column(from));
  }
};

/// A row is a sample of dx, which lies in dy behind the class token.
template <class S, std::size_t M, std::size_t D>
struct ClassTokenBackward {
  const S* dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store_with_prefetch(dx, run.load_column(dy + run.row * (M * D) + D));
  }
};

}  // namespace detail

/// A token put before the first: y[0] = token, y[1 + l] = x[l].
/// Shapes  x [N, L, D], token [D] → y [N, L + 1, D]
/// Grad    dtoken += Σₙ dy[n, 0] (added);  dx[l] = dy[1 + l] (overwritten; optional)
template <class Device>
struct ClassToken {
  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<L, D>, const S, Device> x,
                      TensorView<Shape<D>, const S, Device> token, BatchView<Shape<M, D>, S, Device> y) {
    static_assert(M == L + 1);
    Parallel<Device>::template map<S>(workspace, x.samples() * M, std::integral_constant<std::size_t, D>{},
                                      detail::ClassTokenForward<S, M, D>{x.data(), token.data(), y.data()});
  }

  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<M, D>, const S, Device> dy,
                       TensorView<Shape<D>, S, Device> dtoken, BatchView<Shape<L, D>, S, Device> dx) {
    static_assert(M == L + 1);
    // y[0] = token
    Parallel<Device>::template reduce_columns<S>(workspace, dy.samples(), std::integral_constant<std::size_t, D>{},
                                                 detail::AddUpRows<S>{dy.data(), M * D, dtoken.data()});
    // y[1 + l] = x[l]
    if (dx)
      Parallel<Device>::template map<S>(workspace, dy.samples(), std::integral_constant<std::size_t, L * D>{},
                                        detail::ClassTokenBackward<S, M, D>{dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
