#pragma once
// SPDX-License-Identifier: MIT
// What the forms of Winograd's F(4×4, 3×3) on the CPU share: rows of tiles, transformed vertically in SIMD registers, whose
// lanes are planes side by side: several channels of one sample (winograd.hpp), or one channel of several samples
// (winograd_weight_gradient.hpp). `stride` is the distance from a plane to the next.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/cpu/winograd_transforms.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

template <class G, class S>
struct WinogradTiles {
  static_assert(G::K == 3 && G::stride == 1);
  using P = simd::Packet<S>;
  static constexpr std::size_t L = simd::lanes<S>;
  static constexpr std::size_t F = winograd::frequencies, in_tile = winograd::in_tile, out_tile = winograd::out_tile;
  static constexpr std::size_t tile_rows = (G::out_h + out_tile - 1) / out_tile;
  static constexpr std::size_t tiles = (G::out_w + out_tile - 1) / out_tile;  // a row
  static constexpr std::size_t y_size = out_tile * tiles * out_tile * L;      // output rows of a plane
  static constexpr std::size_t kernels_at_once = 16;  // input channels whose kernels are transposed
  static constexpr std::size_t taps_size = kernels_at_once * 9 * L;
  static constexpr std::size_t input_memory(std::size_t run) { return (run * out_tile + 3) * G::W * L; }

  /// to(f, t) [L] = (Bᵀ d B)[f] of the tiles t of `run` tile rows from r on, of `count` planes x. `memory`:
  /// input_memory(run) numbers.
  template <class To>
  static void transform_input(const S* x, std::size_t stride, std::size_t count, std::size_t r, std::size_t run,
                              S* memory, const To& to) {
    const std::size_t top = r * out_tile;  // in padded coordinates
    const std::size_t first = top < G::padding ? G::padding - top : 0;
    const std::size_t last = (std::min)(run * out_tile + 2, G::H + G::padding - top);
    S *zeros = memory, *lines = memory + G::W * L;  // lines first … last − 1
    std::fill_n(zeros, G::W * L, S{0});
    load_elements(x + (top + first - G::padding) * G::W, (last - first) * G::W, stride, count, lines);
    for (std::size_t k = 0; k < run; ++k) {
      const S* d[in_tile];
      for (std::size_t i = 0; i < in_tile; ++i) {
        const std::size_t line = k * out_tile + i;
        d[i] = line >= first && line < last ? lines + (line - first) * G::W * L : zeros;
      }
      for (std::size_t t = 0; t < tiles; ++t) transform_tile(d, t, [&](std::size_t f) { return to(f, k * tiles + t); });
    }
  }

  /// Tile row r of `count` planes y = Aᵀ M A + bias, where M's tile t is from(f, t) [L]; what sticks out is dropped.
  /// `out`: y_size numbers.
  template <class From>
  static void transform_output(const From& from, const P& bias, std::size_t r, std::size_t stride, std::size_t count,
                               S* y, S* out) {
    for (std::size_t t = 0; t < tiles; ++t) {
      P half[4][6];
      for (std::size_t j = 0; j < 6; ++j) {
        P column[6], reduced[4];
        for (std::size_t i = 0; i < 6; ++i) column[i] = simd::load(from(i * 6 + j, t));
        winograd::output_column<S>(column, reduced);
        for (std::size_t i = 0; i < 4; ++i) half[i][j] = reduced[i];
      }
      for (std::size_t i = 0; i < 4; ++i) {
        P reduced[4];
        winograd::output_column<S>(half[i], reduced);
        for (std::size_t j = 0; j < 4 && t * out_tile + j < G::out_w; ++j)
          simd::store(out + (i * G::out_w + t * out_tile + j) * L, simd::add(reduced[j], bias));
      }
    }
    const std::size_t lines = (std::min)(out_tile, G::out_h - r * out_tile);
    store_elements(out, lines * G::out_w, stride, count, y + r * out_tile * G::out_w);
  }

  /// to(f, c) [L] = (G g Gᵀ)[f] of the kernels g of input channel c of `count` ≤ L output channels, whose weights
  /// [C, 3, 3] follow one another from `weight` on. `taps`: taps_size numbers.
  template <class To>
  static void transform_kernels(const S* weight, std::size_t count, S* taps, const To& to) {
    for (std::size_t first = 0; first < G::C; first += kernels_at_once) {
      const std::size_t last = (std::min)(first + kernels_at_once, G::C);
      load_elements(weight + first * 9, (last - first) * 9, G::taps, count, taps);
      for (std::size_t c = first; c < last; ++c) {
        const S* g = taps + (c - first) * 9 * L;
        P half[6][3];
        for (std::size_t j = 0; j < 3; ++j) {
          P column[3], out[6];
          for (std::size_t i = 0; i < 3; ++i) column[i] = simd::load(g + (i * 3 + j) * L);
          winograd::kernel_column<S>(column, out);
          for (std::size_t i = 0; i < 6; ++i) half[i][j] = out[i];
        }
        for (std::size_t i = 0; i < 6; ++i) {
          P out[6];
          winograd::kernel_column<S>(half[i], out);
          for (std::size_t j = 0; j < 6; ++j) simd::store(to(i * 6 + j, c), out[j]);
        }
      }
    }
  }

 private:
  /// Tile t of the lines d, which are zero outside of 0 … W − 1.
  template <class To>
  static ODOT_INLINE void transform_tile(const S* const (&d)[in_tile], std::size_t t, const To& to) {
    P half[6][6];
    for (std::size_t j = 0; j < 6; ++j) {
      const std::size_t at = t * out_tile + j - G::padding;  // may wrap
      P column[6], out[6];
      for (std::size_t i = 0; i < 6; ++i) column[i] = at < G::W ? simd::load(d[i] + at * L) : simd::all(S{0});
      winograd::input_column<S>(column, out);
      for (std::size_t i = 0; i < 6; ++i) half[i][j] = out[i];
    }
    for (std::size_t i = 0; i < 6; ++i) {
      P out[6];
      winograd::input_column<S>(half[i], out);
      for (std::size_t j = 0; j < 6; ++j) simd::store(to(i * 6 + j), out[j]);
    }
  }
};

}  // namespace odot::kernels::detail
