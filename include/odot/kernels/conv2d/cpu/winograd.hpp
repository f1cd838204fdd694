#pragma once
// SPDX-License-Identifier: MIT
// 3×3 convolution of stride 1 on the CPU by Winograd's F(4×4, 3×3): a quarter of the multiplications.
//
// A unit of work is one row of output tiles of one sample tile (a register's worth of samples side by side). Its input
// rows are transformed, V [36][C][tiles]; for each of the 36 frequencies a matrix product with the transformed kernels
// U [36][O][C] gives M [36][O][tiles]; and M is transformed back. Transforms are vertical SIMD over the samples.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/cpu/winograd_transforms.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

/// The geometry and the transforms that forward and the weight gradient share.
template <class G, class S>
struct WinogradPlan {
  static_assert(G::K == 3 && G::stride == 1);
  using P = simd::Packet<S>;
  static constexpr std::size_t L = simd::lanes<S>;
  static constexpr std::size_t F = winograd::frequencies, in_tile = winograd::in_tile, out_tile = winograd::out_tile;
  static constexpr std::size_t tile_rows = (G::out_h + out_tile - 1) / out_tile;
  static constexpr std::size_t tiles = (G::out_w + out_tile - 1) / out_tile;  // a row
  static constexpr std::size_t row_width = tiles * out_tile + 2;              // of the padded input rows
  static constexpr std::size_t rows_size = in_tile * row_width * L;           // padded input rows of one channel
  static constexpr std::size_t gathered_size = in_tile * G::W * L;

  /// rows [6][row_width][L] = channel c of the input rows under tile row `r`, zero outside the image.
  static void load_rows(const S* x, std::size_t samples, std::size_t c, std::size_t r, S* gathered, S* rows) {
    const std::size_t top = r * out_tile;  // in padded coordinates
    const std::size_t first = top < G::padding ? G::padding - top : 0;
    const std::size_t last = (std::min)(in_tile, G::H + G::padding - top);
    load_elements(x + (c * G::H + top + first - G::padding) * G::W, (last - first) * G::W, G::C * G::H * G::W, samples,
                  gathered);
    constexpr std::size_t used = (std::min)(G::W, row_width - G::padding);
    for (std::size_t i = 0; i < in_tile; ++i) {
      S* row = rows + i * row_width * L;
      if (i < first || i >= last) {
        std::fill_n(row, row_width * L, S{0});
        continue;
      }
      std::fill_n(row, G::padding * L, S{0});
      std::copy_n(gathered + (i - first) * G::W * L, used * L, row + G::padding * L);
      std::fill_n(row + (G::padding + used) * L, (row_width - G::padding - used) * L, S{0});
    }
  }

  /// V[f][c][t] = (Bᵀ d B)[f] for the tiles t of channel c.
  static void transform_input(const S* rows, std::size_t c, S* v) {
    for (std::size_t t = 0; t < tiles; ++t) {
      P half[6][6];
      for (std::size_t j = 0; j < 6; ++j) {
        P d[6], out[6];
        for (std::size_t i = 0; i < 6; ++i) d[i] = simd::load(rows + (i * row_width + t * out_tile + j) * L);
        winograd::input_column<S>(d, out);
        for (std::size_t i = 0; i < 6; ++i) half[i][j] = out[i];
      }
      for (std::size_t i = 0; i < 6; ++i) {
        P out[6];
        winograd::input_column<S>(half[i], out);
        for (std::size_t j = 0; j < 6; ++j) simd::store(v + (((i * 6 + j) * G::C + c) * tiles + t) * L, out[j]);
      }
    }
  }
};

/// y = W ⋆ x + b.
template <class G, class S>
struct WinogradConv : WinogradPlan<G, S> {
  using Plan = WinogradPlan<G, S>;
  using Plan::F, Plan::L, Plan::out_tile, Plan::tiles;
  using typename Plan::P;

  // A register block: `rows` output channels × `width` tiles.
  static constexpr std::size_t accumulators = simd::registers >= 32 ? 28 : 12;
  static constexpr std::size_t width = tiles <= 8 && simd::registers >= 32 ? tiles : std::min<std::size_t>(tiles, 4);
  static constexpr std::size_t rows = std::min<std::size_t>({accumulators / width, 6, G::O});
  static constexpr std::size_t blocks = (G::O + rows - 1) / rows;
  static constexpr std::size_t blocks_at_once = std::max<std::size_t>(1, 32 / rows);  // whose M is kept

  static constexpr std::size_t packed_size = F * blocks * rows * G::C;
  static constexpr std::size_t v_size = F * G::C * tiles * L + width * L;
  static constexpr std::size_t m_size = F * blocks_at_once * rows * tiles * L;
  static constexpr std::size_t y_size = out_tile * tiles * out_tile * L;
  static constexpr std::size_t scratch = v_size + m_size + y_size + Plan::rows_size + Plan::gathered_size;

  /// packed[f][block][c][row] = (G g Gᵀ)[f] of output channel block·rows + row and input channel c.
  static void pack(const S* weight, std::size_t block, S* packed) {
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t c = 0; c < G::C; ++c) {
        const std::size_t o = block * rows + row;
        S u[F] = {};  // past the last channel
        if (o < G::O) winograd::transform_kernel(weight + (o * G::C + c) * 9, u);
        for (std::size_t f = 0; f < F; ++f) packed[((f * blocks + block) * G::C + c) * rows + row] = u[f];
      }
  }

  /// Tile row r of the outputs of up to L samples.
  static void unit(const S* x, std::size_t samples, std::size_t r, const S* packed, const S* bias, S* y, S* memory) {
    S *v = memory, *m = v + v_size, *out = m + m_size, *lines = out + y_size, *gathered = lines + Plan::rows_size;
    for (std::size_t c = 0; c < G::C; ++c) {
      Plan::load_rows(x, samples, c, r, gathered, lines);
      Plan::transform_input(lines, c, v);
    }
    for (std::size_t first = 0; first < blocks; first += blocks_at_once) {
      const std::size_t count = (std::min)(blocks_at_once, blocks - first);
      for (std::size_t f = 0; f < F; ++f)
        for (std::size_t b = 0; b < count; ++b)
          for (std::size_t t = 0; t < tiles; t += width)
            product(v + (f * G::C * tiles + t) * L, packed + (f * blocks + first + b) * G::C * rows,
                    m + ((f * blocks_at_once + b) * rows * tiles + t) * L, (std::min)(width, tiles - t));
      for (std::size_t k = 0; k < count * rows && first * rows + k < G::O; ++k) {
        const std::size_t o = first * rows + k;
        transform_output(m + k * tiles * L, bias ? bias[o] : S{0}, out);
        const std::size_t lines_used = (std::min)(out_tile, G::out_h - r * out_tile);
        store_elements(out, lines_used * G::out_w, G::output::size, samples,
                       y + (o * G::out_h + r * out_tile) * G::out_w);
      }
    }
  }

 private:
  /// m[row][0 … used) = Σ_c packed[c][row] · v[c]
  static ODOT_INLINE void product(const S* v, const S* packed, S* m, std::size_t used) {
    P sums[rows][width];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k) sums[r][k] = simd::all(S{0});
    for (std::size_t c = 0; c < G::C; ++c, v += tiles * L, packed += rows) {
#pragma GCC unroll 6
      for (std::size_t r = 0; r < rows; ++r) {
        const P w = simd::all(packed[r]);
#pragma GCC unroll 8
        for (std::size_t k = 0; k < width; ++k) sums[r][k] = simd::multiply_add(simd::load(v + k * L), w, sums[r][k]);
      }
    }
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k)
        if (k < used) simd::store(m + (r * tiles + k) * L, sums[r][k]);
  }

  /// out [4][out_w][L] = Aᵀ M A + bias of one output channel; columns past out_w are dropped.
  static void transform_output(const S* m, S bias, S* out) {
    constexpr std::size_t stride = blocks_at_once * rows * tiles * L;  // from one frequency to the next
    for (std::size_t t = 0; t < tiles; ++t) {
      P half[4][6];
      for (std::size_t j = 0; j < 6; ++j) {
        P column[6], reduced[4];
        for (std::size_t i = 0; i < 6; ++i) column[i] = simd::load(m + (i * 6 + j) * stride + t * L);
        winograd::output_column<S>(column, reduced);
        for (std::size_t i = 0; i < 4; ++i) half[i][j] = reduced[i];
      }
      for (std::size_t i = 0; i < 4; ++i) {
        P reduced[4];
        winograd::output_column<S>(half[i], reduced);
        for (std::size_t j = 0; j < 4 && t * out_tile + j < G::out_w; ++j)
          simd::store(out + (i * G::out_w + t * out_tile + j) * L, simd::add(reduced[j], simd::all(bias)));
      }
    }
  }
};

/// dW of a 3×3 convolution of stride 1: dU[f] = Σ over tiles and samples of (A dY Aᵀ)[f] (Bᵀ d B)[f]ᵀ, dg = Gᵀ dU G.
template <class G, class S>
struct WinogradWeightGradient : WinogradPlan<G, S> {
  using Plan = WinogradPlan<G, S>;
  using Plan::F, Plan::L, Plan::out_tile, Plan::tiles;
  using typename Plan::P;

  static constexpr std::size_t columns = (G::C + L - 1) / L;  // packets of input channels
  static constexpr std::size_t width =
      columns <= 8 && simd::registers >= 32 ? columns : std::min<std::size_t>(columns, 4);
  static constexpr std::size_t padded = (columns + width - 1) / width * width * L;  // input channels, in whole blocks
  static constexpr std::size_t rows =
      std::min<std::size_t>({(simd::registers >= 32 ? std::size_t{28} : std::size_t{12}) / width, 6, G::O});
  static constexpr std::size_t padded_o = (G::O + rows - 1) / rows * rows;
  static constexpr std::size_t depth = tiles * L;  // terms of a unit's sums
  // Of so many at a time a sum of its own is made, and so many units' sums are added in S.
  static constexpr std::size_t terms_at_once = std::min<std::size_t>(depth, 128);
  static constexpr std::size_t sums_a_unit = (depth + terms_at_once - 1) / terms_at_once;
  static constexpr std::size_t units_a_stretch = std::max<std::size_t>(1, sum_stretch / sums_a_unit);

  static constexpr std::size_t partial_size = F * padded_o * padded;  // dU
  static constexpr std::size_t v_size = F * G::C * tiles * L;
  static constexpr std::size_t turned_size = depth * padded;
  static constexpr std::size_t d_size = F * padded_o * depth;
  static constexpr std::size_t dy_size = out_tile * tiles * out_tile * L;
  static constexpr std::size_t scratch =
      v_size + turned_size + d_size + dy_size + Plan::rows_size + Plan::gathered_size;

  /// Adds tile row r of up to L samples to dU [F][padded_o][padded].
  static void unit(const S* x, const S* dy, std::size_t samples, std::size_t r, S* du, S* memory) {
    S *v = memory, *turned = v + v_size, *d = turned + turned_size, *out = d + d_size;
    S *lines = out + dy_size, *gathered = lines + Plan::rows_size;
    for (std::size_t c = 0; c < G::C; ++c) {
      Plan::load_rows(x, samples, c, r, gathered, lines);
      Plan::transform_input(lines, c, v);
    }
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
