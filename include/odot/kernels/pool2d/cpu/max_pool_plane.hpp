#pragma once
// SPDX-License-Identifier: MIT
// The largest number of every window of one plane, and its gradient.

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "odot/kernels/pool2d/contract.hpp"
#include "odot/kernels/pool2d/cpu/lines.hpp"

namespace odot::kernels::detail {

/// The largest numbers of the windows of one plane; taps if Taps.
template <class G, class S, bool Taps>
struct MaxPoolPlane {
  using Lines = PoolLines<G, S>;
  using Number = typename Lines::Number;
  static constexpr std::size_t K = G::K;
  static constexpr std::size_t scratch = Lines::size * (Taps ? 2 : 1);

  /// Padding loses against every number: of numbers that are the same, the one of the smallest tap is taken.
  static void clear(S* lines) {
    std::fill_n(lines, Lines::size, -std::numeric_limits<S>::infinity());
    if constexpr (Taps) std::fill_n(lines + Lines::size, Lines::size, static_cast<S>(K * K));
  }

  /// The largest numbers of windows, whose columns' largest ones lie in lines, and their taps: of the same numbers the
  /// first tap, of several NaN the last one, row by row, if LastNan, else any.
  template <bool LastNan>
  static ODOT_INLINE void largest_of_columns(const S* lines, Number& best, Number& tap) {
    best = Lines::load_columns(lines);
    if constexpr (Taps) tap = Lines::load_columns(lines + Lines::size);
    for (std::size_t v = 1; v < K; ++v) {
      const Number next = Lines::load_columns(lines + v);
      if constexpr (Taps) {
        const Number next_tap = Lines::load_columns(lines + Lines::size + v) + Number(static_cast<S>(v));
        auto is_nan = next != next;
        if constexpr (LastNan) is_nan = is_nan && (best == best || tap < next_tap);
        const auto is_larger = next > best || is_nan || (next == best && next_tap < tap);
        best = select(is_larger, next, best);
        tap = select(is_larger, next_tap, tap);
      } else {
        best = maximum(best, next);
      }
    }
  }

  static ODOT_NOINLINE ODOT_FLATTEN void forward(const S* x, S* lines, S* taps, S* y) {
    Lines::each_line([&](std::size_t first, auto rows, std::size_t i) {
      const S* from = x + first * G::W;
      S* line = lines + i * Lines::pitch + G::padding;
      const std::size_t above = first + G::padding - i * G::stride;  // rows of padding before it
      Lines::each_register([&](auto whole, std::size_t w) {
        Number best = Lines::template load<whole>(from + w), tap(static_cast<S>(above * K));
        for (std::size_t u = 1; u < rows; ++u) {
          const Number next = Lines::template load<whole>(from + u * G::W + w);
          if constexpr (Taps) {
            const auto is_larger = next > best || next != next;
            best = select(is_larger, next, best);
            tap = select(is_larger, Number(static_cast<S>((above + u) * K)), tap);
          } else {
            best = maximum(best, next);
          }
        }
        Lines::template store<whole>(line + w, best);
        if constexpr (Taps) Lines::template store<whole>(line + Lines::size + w, tap);
      });
    });
    Lines::each_output([&](auto whole, std::size_t at, std::size_t out, std::size_t count) {
      using Access = typename Lines::Access;
      Number best(S{0}), tap(S{0});
      largest_of_columns<false>(lines + at, best, tap);
      // Several NaN of a window are rare enough to look at the window again.
      if constexpr (Taps)
        if (any(best != best)) largest_of_columns<true>(lines + at, best, tap);
      Access::template store<whole>(y + out, count, best);
      if constexpr (Taps) Access::template store<whole>(taps + out, count, tap);
    });
  }
};

/// dx of one plane of a max pooling.
template <class G, class S>
void max_pool_plane_gradient(const S* taps, const S* dy, S* dx) {
  // Where tap t of a window lies, from where its first one would.
  static constexpr auto places = [] {
    std::array<std::size_t, G::K * G::K> from_first{};
    for (std::size_t t = 0; t < from_first.size(); ++t) from_first[t] = t / G::K * G::W + t % G::K;
    return from_first;
  }();
  std::fill_n(dx, G::H * G::W, S{0});
  for (std::size_t i = 0, out = 0; i < G::out_h; ++i)
    for (std::size_t j = 0; j < G::out_w; ++j, ++out) {
      const std::size_t tap = static_cast<std::size_t>(static_cast<int>(taps[out]));
      dx[(i * G::stride * G::W + j * G::stride + places[tap]) - G::padding * (G::W + 1)] += dy[out];
    }
}

}  // namespace odot::kernels::detail
