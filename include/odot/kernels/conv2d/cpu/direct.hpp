#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution of stride 1 on the CPU, direct: no column matrix, only the zero-padded planes of one sample.
//
// A padded plane is one long row, Wp = W + 2·padding numbers per line. Output (i, j) then lies at q = i·Wp + j and
// reads q + u·Wp + v for kernel position (u, v): the same distance for every q. So a run of q is a run of SIMD
// registers for every kernel position; the few q between two lines (j ≥ W') are computed and dropped.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

template <class G, class S>
struct DirectConv {
  static_assert(G::stride == 1);
  static constexpr std::size_t L = simd::lanes<S>;
  static constexpr std::size_t Hp = G::H + 2 * G::padding, Wp = G::W + 2 * G::padding;
  static constexpr std::size_t run = (G::out_h - 1) * Wp + G::out_w;  // q in use

  // A register block: `rows` output channels × `width` registers of q, accumulators all.
  struct Block {
    std::size_t rows, width;
  };
  static constexpr std::size_t spare = simd::registers >= 32 ? 2 : 0;  // without which GCC keeps sums in memory
  static constexpr std::size_t most_width = simd::registers >= 32 ? 6 : 8;

  /// The block that wastes least at the end of the line and of the channels: multiply-adds count most, loads a little.
  static constexpr Block best_block() {
    Block best{1, 1};
    std::size_t least = ~std::size_t{0};
    for (std::size_t r = 1; r <= std::min<std::size_t>(G::O, 6); ++r)
      for (std::size_t w = 1; r * w + w + 1 + spare <= simd::registers && w <= most_width; ++w) {
        const std::size_t tap = 4 * r * w + 2 * w + r;
        const std::size_t work = (G::O + r - 1) / r * ((run + w * L - 1) / (w * L)) * tap;
        if (work < least) least = work, best = {r, w};
      }
    return best;
  }
  static constexpr std::size_t rows = best_block().rows, width = best_block().width;
  static constexpr std::size_t blocks = (G::O + rows - 1) / rows;  // of output channels
  static constexpr std::size_t steps = (run + width * L - 1) / (width * L);
  static constexpr std::size_t line = steps * width * L;                        // q computed, ≥ run
  static constexpr std::size_t cost = blocks * rows * steps * width * G::taps;  // multiply-adds of packets for a sample

  static constexpr std::size_t plane =
      (std::max)(Hp * Wp, line + (G::K - 1) * (Wp + 1));                              // a padded plane and its tail
  static constexpr std::size_t planes_size = G::C * plane, lines_size = rows * line;  // elements

  /// Copies channels [C, H, W] into zero-padded planes.
  static void pad(const S* x, S* planes) {
    std::fill_n(planes, G::C * plane, S{0});
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t i = 0; i < G::H; ++i)
        std::copy_n(x + (c * G::H + i) * G::W, G::W, planes + c * plane + (i + G::padding) * Wp + G::padding);
  }

  /// Blocks first … last − 1 of the output channels of one sample, from its padded planes; `lines` is scratch.
  static void forward(const S* planes, const S* weight, const S* bias, std::size_t first, std::size_t last, S* y,
                      S* lines) {
    for (std::size_t b = first; b < last; ++b) {
      const S* kernels[rows];  // rows past the last channel repeat it
      for (std::size_t r = 0; r < rows; ++r) kernels[r] = weight + (std::min)(b * rows + r, G::O - 1) * G::taps;
      for (std::size_t s = 0; s < steps; ++s) block(planes + s * width * L, kernels, lines + s * width * L);
      for (std::size_t o = b * rows; o < (std::min)((b + 1) * rows, G::O); ++o)
        drop_between(lines + (o - b * rows) * line, bias ? bias[o] : S{0}, y + o * G::out_h * G::out_w);
    }
  }

 private:
  /// lines[row][0 … width·L) = Σ_taps kernels[row][tap] · planes[c][q + u·Wp + v]
  static ODOT_INLINE void block(const S* planes, const S* const (&kernels)[rows], S* lines) {
    simd::Packet<S> sums[rows][width];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k) sums[r][k] = simd::all(S{0});
    std::size_t tap = 0;
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t u = 0; u < G::K; ++u)
        for (std::size_t v = 0; v < G::K; ++v, ++tap) {
          const S* from = planes + c * plane + u * Wp + v;
          simd::Packet<S> xs[width];
#pragma GCC unroll 8
          for (std::size_t k = 0; k < width; ++k) xs[k] = simd::load(from + k * L);
#pragma GCC unroll 8
          for (std::size_t r = 0; r < rows; ++r) {
            const auto w = simd::all(kernels[r][tap]);
#pragma GCC unroll 8
            for (std::size_t k = 0; k < width; ++k) sums[r][k] = simd::multiply_add(xs[k], w, sums[r][k]);
          }
        }
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k) simd::store(lines + r * line + k * L, sums[r][k]);
  }

  static void drop_between(const S* from, S bias, S* y) {
    for (std::size_t i = 0; i < G::out_h; ++i)
      for (std::size_t j = 0; j < G::out_w; ++j) y[i * G::out_w + j] = from[i * Wp + j] + bias;
  }
};

/// dW of a stride-1 convolution: dw[o, c, u, v] = Σ_q dy[o][q] · x[c][q + u·Wp + v].
template <class G, class S>
struct DirectConvWeightGradient {
  using Forward = DirectConv<G, S>;
  static constexpr std::size_t L = simd::lanes<S>, Wp = Forward::Wp;
  static constexpr std::size_t steps = (Forward::run + L - 1) / L, line = steps * L;
  static constexpr std::size_t plane = (std::max)(Forward::Hp * Wp, line + (G::K - 1) * (Wp + 1));
  static constexpr std::size_t rows = std::min<std::size_t>(G::O, simd::registers >= 32 ? 4 : 2);
  static constexpr std::size_t scratch = G::C * plane + (G::O + rows) * line;  // elements a worker

  /// Adds one sample's gradient to dweight [O, C, K, K].
  static void add(const S* x, const S* dy, S* dweight, S* memory) {
    S *planes = memory, *lines = memory + G::C * plane;
    std::fill_n(memory, scratch, S{0});  // the lines' gaps and the rows past O stay 0
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t i = 0; i < G::H; ++i)
        std::copy_n(x + (c * G::H + i) * G::W, G::W, planes + c * plane + (i + G::padding) * Wp + G::padding);
    for (std::size_t o = 0; o < G::O; ++o)
      for (std::size_t i = 0; i < G::out_h; ++i)
        std::copy_n(dy + (o * G::out_h + i) * G::out_w, G::out_w, lines + o * line + i * Wp);
    for (std::size_t o = 0; o < G::O; o += rows)
      for (std::size_t c = 0; c < G::C; ++c)
        for (std::size_t u = 0; u < G::K; ++u)
          kernel_row(lines + o * line, planes + c * plane + u * Wp, (std::min)(rows, G::O - o),
                     dweight + o * G::taps + (c * G::K + u) * G::K);
  }

 private:
  /// dweight[row][v] += Σ_q lines[row][q] · x[q + v] for `used` rows of the block; a wide kernel is computed a few
  /// columns at a time, so that the sums fit the stack.
  static ODOT_INLINE void kernel_row(const S* lines, const S* x, std::size_t used, S* dweight) {
    constexpr std::size_t step = std::min<std::size_t>(G::K, 16), rest = G::K % step;
    for (std::size_t v = 0; v + step <= G::K; v += step) kernel_piece<step>(lines, x + v, used, dweight + v);
    if constexpr (rest > 0) kernel_piece<rest>(lines, x + G::K - rest, used, dweight + G::K - rest);
  }
  /// Large images a stretch at a time, whose sums are added in double.
  template <std::size_t Taps>
  static ODOT_INLINE void kernel_piece(const S* lines, const S* x, std::size_t used, S* dweight) {
    if constexpr (G::out_h > sum_stretch || G::out_w > sum_stretch) {
      double totals[rows][Taps] = {};
      for (std::size_t q = 0; q < line; q += sum_stretch * L)
        stretch<Taps>(lines, x, q, (std::min)(q + sum_stretch * L, line), rows,
                      [&](std::size_t r, std::size_t v, S sum) { totals[r][v] += static_cast<double>(sum); });
      for (std::size_t r = 0; r < used; ++r)
        for (std::size_t v = 0; v < Taps; ++v) dweight[r * G::taps + v] += static_cast<S>(totals[r][v]);
    } else {
      stretch<Taps>(lines, x, 0, line, used,
                    [&](std::size_t r, std::size_t v, S sum) { dweight[r * G::taps + v] += sum; });
    }
  }
  /// add(row, v, Σ_q lines[row][q] · x[q + v]) over q from `begin` to `end`.
  template <std::size_t Taps, class Add>
  static ODOT_INLINE void stretch(const S* lines, const S* x, std::size_t begin, std::size_t end, std::size_t used,
                                  const Add& add) {
    simd::Packet<S> sums[rows][Taps];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t v = 0; v < Taps; ++v) sums[r][v] = simd::all(S{0});
    for (std::size_t q = begin; q < end; q += L) {
      simd::Packet<S> grads[rows];
#pragma GCC unroll 4
      for (std::size_t r = 0; r < rows; ++r) grads[r] = simd::load(lines + r * line + q);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < Taps; ++v) {
        const auto xs = simd::load(x + q + v);
#pragma GCC unroll 4
        for (std::size_t r = 0; r < rows; ++r) sums[r][v] = simd::multiply_add(grads[r], xs, sums[r][v]);
      }
    }
    for (std::size_t r = 0; r < used; ++r)
      for (std::size_t v = 0; v < Taps; ++v) add(r, v, simd::sum(sums[r][v]));
  }
};

}  // namespace odot::kernels::detail
