#pragma once
// SPDX-License-Identifier: MIT
// The mean over tokens.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/lengths.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a sample. Sums of more than `stretch` tokens are joined in double.
template <class S, std::size_t L, std::size_t D>
struct MeanTokensForward {
  static constexpr std::size_t stretch = 64;
  const S* x;
  const std::int32_t* lengths;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t valid = valid_tokens(lengths, run.row, L);
    const S* tokens = x + run.row * (L * D);
    if (L <= stretch || valid <= stretch) {
      run.store(y, sum(run, tokens, valid) * (S{1} / static_cast<S>(valid > 0 ? valid : 1)));
      return;
    }
    double totals[Run::Number::count] = {}, sums[Run::Number::count];
    for (std::size_t l = 0; l < valid; l += stretch) {
      run.store_to(sums, sum(run, tokens + l * D, valid - l < stretch ? valid - l : stretch));
      ODOT_UNROLL
      for (std::size_t i = 0; i < Run::Number::count; ++i)
        if (i < run.count) totals[i] += sums[i];
    }
    run.store(y, run.generate([&](std::size_t i) { return totals[i] / static_cast<double>(valid); }));
  }

  /// Σ of `count` tokens, four at a time.
  template <class Run>
  static ODOT_HOST_DEVICE auto sum(const Run& run, const S* tokens, std::size_t count) {
    const auto token = [&](std::size_t l) { return run.load_column(tokens + l * D); };
    typename Run::Number total(S{0});
    std::size_t l = 0;
    for (; l + 4 <= count; l += 4) total = total + ((token(l) + token(l + 1)) + (token(l + 2) + token(l + 3)));
    for (; l < count; ++l) total = total + token(l);
    return total;
  }
};

/// A row is a token of dx.
template <class S, std::size_t L, std::size_t D>
struct MeanTokensBackward {
  const S* dy;
  const std::int32_t* lengths;
  S* dx;

  struct Token {
    std::size_t sample;
    bool valid;
    S share;
  };
  ODOT_HOST_DEVICE Token of_row(std::size_t row) const {
    const std::size_t n = row / L, valid = valid_tokens(lengths, n, L);
    return {n, row % L < valid, S{1} / static_cast<S>(valid)};
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const Token& token) const {
    // y = Σ_l x[l] / valid
    if (token.valid) run.store(dx, run.load_column(dy + token.sample * D) * token.share);
    else run.store(dx, 0);
  }
};

}  // namespace detail

/// y = mean of the valid tokens of each sample; 0 where none is valid.
/// Shapes  x [N, L, D], lengths [N] (optional) → y [N, D]
/// Grad    dx = dy / valid tokens in those, 0 in padding (overwritten; optional)
template <class Device>
struct MeanTokens {
  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<L, D>, const S, Device> x,
                      const std::int32_t* lengths, BatchView<Shape<D>, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, x.samples(), std::integral_constant<std::size_t, D>{},
                                      detail::MeanTokensForward<S, L, D>{x.data(), lengths, y.data()});
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<D>, const S, Device> dy,
                       const std::int32_t* lengths, BatchView<Shape<L, D>, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, dx.samples() * L, std::integral_constant<std::size_t, D>{},
                                      detail::MeanTokensBackward<S, L, D>{dy.data(), lengths, dx.data()});
  }
};

}  // namespace odot::kernels
