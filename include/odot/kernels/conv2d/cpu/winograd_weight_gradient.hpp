#pragma once
// SPDX-License-Identifier: MIT
// The weight gradient of a 3×3 convolution of stride 1 on the CPU by Winograd's F(4×4, 3×3).

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/cpu/winograd_tiles.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

/// dW of a 3×3 convolution of stride 1: dU[f] = Σ over tiles and samples of (A dY Aᵀ)[f] (Bᵀ d B)[f]ᵀ, dg = Gᵀ dU G.
template <class G, class S>
struct WinogradWeightGradient : WinogradTiles<G, S> {
  using Tiles = WinogradTiles<G, S>;
  using Tiles::F, Tiles::L, Tiles::out_tile, Tiles::tiles;
  using typename Tiles::P;

  static constexpr std::size_t columns = (G::C + L - 1) / L;  // packets of input channels
  static constexpr std::size_t width =
      columns <= 8 && simd::registers >= 32 ? columns : std::min<std::size_t>(columns, 4);
  static constexpr std::size_t padded = (columns + width - 1) / width * width * L;  // input channels, in whole blocks
  static constexpr std::size_t rows =
      std::min<std::size_t>({(simd::registers >= 32 ? std::size_t{28} : std::size_t{12}) / width, 6, G::O});
  static constexpr std::size_t padded_o = (G::O + rows - 1) / rows * rows;
  static constexpr std::size_t depth = tiles * L;  // terms of a unit's sums
  // terms_at_once terms are summed by themselves, and the sums of units_per_stretch units are added in S.
  static constexpr std::size_t terms_at_once = std::min<std::size_t>(depth, 128);
  static constexpr std::size_t sums_per_unit = (depth + terms_at_once - 1) / terms_at_once;
  static constexpr std::size_t units_per_stretch = std::max<std::size_t>(1, sum_stretch / sums_per_unit);

  static constexpr std::size_t partial_size = F * padded_o * padded;  // dU
  static constexpr std::size_t v_size = F * G::C * tiles * L;
  static constexpr std::size_t turned_size = depth * padded;
  static constexpr std::size_t d_size = F * padded_o * depth;
  static constexpr std::size_t dy_size = out_tile * tiles * out_tile * L;
  static constexpr std::size_t scratch = v_size + turned_size + d_size + dy_size + Tiles::input_memory(1);

  /// Adds tile row r of up to L samples to dU [F][padded_o][padded].
  static void unit(const S* x, const S* dy, std::size_t samples, std::size_t r, S* du, S* memory) {
    S *v = memory, *turned = v + v_size, *d = turned + turned_size, *out = d + d_size;
    for (std::size_t c = 0; c < G::C; ++c)
      Tiles::transform_input(x + c * G::H * G::W, G::input::size, samples, r, 1, out + dy_size,
                             [&](std::size_t f, std::size_t t) { return v + ((f * G::C + c) * tiles + t) * L; });
    for (std::size_t o = 0; o < G::O; ++o) {
      load_gradient(dy, samples, o, r, out);
      transform_gradient(out, o, d);
    }
    for (std::size_t f = 0; f < F; ++f)  // the channels past the last one
      std::fill_n(d + (f * padded_o + G::O) * depth, (padded_o - G::O) * depth, S{0});
    if constexpr (padded > columns * L) std::fill_n(turned, turned_size, S{0});
    for (std::size_t f = 0; f < F; ++f) {
      turn(v + f * G::C * depth, turned);
      for (std::size_t o = 0; o < padded_o; o += rows)
        for (std::size_t c = 0; c < padded; c += width * L)
          product(d + (f * padded_o + o) * depth, turned + c, du + (f * padded_o + o) * padded + c);
    }
  }

  /// dweight [O, C, 3, 3] += Gᵀ dU G, output channels first … last − 1.
  static void finish(const S* du, std::size_t first, std::size_t last, S* dweight) {
    for (std::size_t o = first; o < last; ++o)
      for (std::size_t c = 0; c < G::C; ++c) {
        S u[F];
        for (std::size_t f = 0; f < F; ++f) u[f] = du[(f * padded_o + o) * padded + c];
        winograd::transform_kernel_gradient(u, dweight + (o * G::C + c) * 9);
      }
  }

 private:
  /// out [4][tiles·4][L]: the gradient under tile row r, zero outside.
  static void load_gradient(const S* dy, std::size_t samples, std::size_t o, std::size_t r, S* out) {
    constexpr std::size_t wide = tiles * out_tile;
    const std::size_t used = (std::min)(out_tile, G::out_h - r * out_tile);
    if (wide != G::out_w || used < out_tile) std::fill_n(out, dy_size, S{0});
    for (std::size_t i = 0; i < used; ++i)
      load_elements(dy + (o * G::out_h + r * out_tile + i) * G::out_w, G::out_w, G::output::size, samples,
                    out + i * wide * L);
  }

  /// d[f][o][t] = (A dY Aᵀ)[f]
  static void transform_gradient(const S* out, std::size_t o, S* d) {
    for (std::size_t t = 0; t < tiles; ++t) {
      P half[6][4];
      for (std::size_t j = 0; j < 4; ++j) {
        P column[4], spread[6];
        for (std::size_t i = 0; i < 4; ++i) column[i] = simd::load(out + ((i * tiles + t) * out_tile + j) * L);
        winograd::gradient_column<S>(column, spread);
        for (std::size_t i = 0; i < 6; ++i) half[i][j] = spread[i];
      }
      for (std::size_t i = 0; i < 6; ++i) {
        P spread[6];
        winograd::gradient_column<S>(half[i], spread);
        for (std::size_t j = 0; j < 6; ++j) simd::store(d + ((i * 6 + j) * padded_o + o) * depth + t * L, spread[j]);
      }
    }
  }

  /// turned[(t, l)][c] = v[c][t][l]
  static void turn(const S* v, S* turned) {
    for (std::size_t c = 0; c < G::C; c += L)
      for (std::size_t t = 0; t < tiles; ++t) {
        simd::Block<S> block;
        for (std::size_t k = 0; k < L; ++k)
          block.packet[k] = c + k < G::C ? simd::load(v + ((c + k) * tiles + t) * L) : simd::all(S{0});
        simd::transpose<S>(block);
        for (std::size_t l = 0; l < L; ++l) simd::store(turned + (t * L + l) * padded + c, block.packet[l]);
      }
  }

  /// du[row][0 … width) += Σ_k d[row][k] · turned[k]
  static ODOT_INLINE void product(const S* d, const S* turned, S* du) {
    for (std::size_t first = 0; first < depth; first += terms_at_once)
      add_terms(d + first, turned + first * padded, (std::min)(terms_at_once, depth - first), du);
  }
  /// The same of `terms` k.
  static ODOT_INLINE void add_terms(const S* d, const S* turned, std::size_t terms, S* du) {
    P sums[rows][width];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k) sums[r][k] = simd::all(S{0});
    for (std::size_t term = 0; term < terms; ++term, turned += padded) {
#pragma GCC unroll 6
      for (std::size_t r = 0; r < rows; ++r) {
        const P g = simd::all(d[r * depth + term]);
#pragma GCC unroll 8
        for (std::size_t k = 0; k < width; ++k)
          sums[r][k] = simd::multiply_add(simd::load(turned + k * L), g, sums[r][k]);
      }
    }
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k) {
        S* to = du + r * padded + k * L;
        simd::store(to, simd::add(simd::load(to), sums[r][k]));
      }
  }
};

}  // namespace odot::kernels::detail
