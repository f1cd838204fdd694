#pragma once
// SPDX-License-Identifier: MIT
// The mean of every window of one plane, and its gradient.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/pool2d/contract.hpp"
#include "odot/kernels/pool2d/cpu/lines.hpp"

namespace odot::kernels::detail {

/// The means of the windows of one plane, and their gradient.
template <class G, bool CountPadding, class S>
struct AvgPoolPlane {
  using Lines = PoolLines<G, S>;
  using Number = typename Lines::Number;
  using Access = typename Lines::Access;
  static constexpr std::size_t K = G::K, stride = G::stride, L = Lines::L;
  static constexpr bool same_size = CountPadding || G::padding == 0;  // of all windows
  static constexpr std::size_t share_count = same_size ? 0 : G::out_h * G::out_w;
  // Backward's line: the windows' gradients side by side; and for stride 1 the gradients with zeros on both sides.
  static constexpr std::size_t length = G::out_w * stride + K + L;
  static constexpr std::size_t scratch = (std::max)(Lines::size, G::out_h* length + G::out_w + 2 * K + 2 * L);

  /// One over each window's size, where that is not K² for all.
  static void shares(S* of_windows) {
    for (std::size_t o = 0; o < share_count; ++o)
      of_windows[o] = window_share<G, CountPadding, S>(o / G::out_w, o % G::out_w);
  }

  static ODOT_NOINLINE ODOT_FLATTEN void forward(const S* x, const S* shares, S* lines, S* y) {
    Lines::each_line([&](std::size_t first, auto rows, std::size_t i) {
      const S* from = x + first * G::W;
      S* line = lines + i * Lines::pitch + G::padding;
      Lines::each_register([&](auto whole, std::size_t w) {
        Number sum = Lines::template load<whole>(from + w);
        for (std::size_t u = 1; u < rows; ++u) sum = sum + Lines::template load<whole>(from + u * G::W + w);
        Lines::template store<whole>(line + w, sum);
      });
    });
    Lines::each_output([&](auto whole, std::size_t at, std::size_t out, std::size_t count) {
      Number sum = Lines::load_columns(lines + at);
      for (std::size_t v = 1; v < K; ++v) sum = sum + Lines::load_columns(lines + at + v);
      const Number share =
          same_size ? Number(window_share<G, true, S>(0, 0)) : Access::template load<whole>(shares + out, count);
      Access::template store<whole>(y + out, count, sum * share);
    });
  }

  static ODOT_NOINLINE ODOT_FLATTEN void backward(const S* dy, const S* shares, S* memory, S* dx) {
    // y = Σ of columns of Σ of rows: along the lines first, since there are fewer of them.
    for (std::size_t i = 0; i < G::out_h; ++i)
      spread(dy + i * G::out_w, shares + i * G::out_w, memory, memory + i * length);
    for (std::size_t r = 0; r < G::H; ++r) {
      const std::size_t first = G::first_window(r), last = G::end_window(r, G::out_h);
      S* to = dx + r * G::W;
      const S* line = memory + G::padding;
      each_register([&](auto whole, std::size_t w) {
        Number sum(S{0});
        if (first < last) sum = Access::template load<true>(line + first * length + w, L);
        for (std::size_t i = first + 1; i < last; ++i)
          sum = sum + Access::template load<true>(line + i * length + w, L);
        Access::template store<whole>(to + w, G::W % L, sum);
      });
    }
  }

 private:
  /// line[j · stride + v] += dy[j] / size for every column v of window j.
  static void spread(const S* dy, const S* shares, S* memory, S* line) {
    const auto gradient = [&](std::size_t j) {
      return dy[j] * (same_size ? window_share<G, true, S>(0, 0) : shares[j]);
    };
    if constexpr (stride == 1) {
      S* gradients = memory + G::out_h * length;  // K − 1 zeros, gradients, zeros
      std::fill_n(gradients, G::out_w + 2 * K + 2 * L, S{0});
      for (std::size_t j = 0; j < G::out_w; ++j) gradients[K - 1 + j] = gradient(j);
      for (std::size_t w = 0; w < G::out_w + K - 1; w += L) {
        Number sum = Access::template load<true>(gradients + w, L);
        for (std::size_t v = 1; v < K; ++v) sum = sum + Access::template load<true>(gradients + w + v, L);
        Access::template store<true>(line + w, L, sum);
      }
    } else {
      std::fill_n(line, length, S{0});
      for (std::size_t j = 0; j < G::out_w; ++j) {
        const S value = gradient(j);
        for (std::size_t v = 0; v < K; ++v) line[j * stride + v] += value;
      }
    }
  }
  /// body(whole, column) for the registers of a row of dx.
  template <class Body>
  static ODOT_INLINE void each_register(const Body& body) {
    for (std::size_t w = 0; w + L <= G::W; w += L) body(std::true_type{}, w);
    if constexpr (G::W % L != 0) body(std::false_type{}, G::W / L * L);
  }
};

}  // namespace odot::kernels::detail
