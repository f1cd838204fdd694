#pragma once
// SPDX-License-Identifier: MIT
// 3×3 convolution of stride 1 on the CPU by Winograd's F(4×4, 3×3): a quarter of the multiplications.
//
// The lanes of a register are channels, so that one sample is enough. The inputs are transformed with input channels side
// by side, V [36][tiles][C]. Of a group of output channels, also side by side, the kernels are transformed,
// U [36][C][group]; for each of the 36 frequencies a matrix product gives M [36][tiles][group]; and M is transformed back.

#include <algorithm>
#include <cstddef>
#include <utility>

#include "odot/core/parallel.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/cpu/winograd_tiles.hpp"
#include "odot/kernels/products/tile.hpp"

namespace odot::kernels::detail {

/// y = W ⋆ x + b.
template <class G, class S>
class WinogradConv : WinogradTiles<G, S> {
  using Tiles = WinogradTiles<G, S>;
  using Tiles::F, Tiles::L, Tiles::tile_rows, Tiles::tiles;
  static constexpr std::size_t in_plane = G::H * G::W, out_plane = G::out_h * G::out_w;
  static constexpr std::size_t in_packets = (G::C + L - 1) / L, out_packets = (G::O + L - 1) / L;

 public:
  using Input = BatchView<typename G::input, const S>;
  using Output = BatchView<typename G::output, S>;

  // What it takes, in multiply-adds of packets: of the transforms measured (a Xeon with AVX-512, AVX2 and SSE2).
  static constexpr std::size_t kernels_cost = G::C * out_packets * (has_fused_multiply_add ? 480 : 240);
  static constexpr std::size_t sample_cost =
      tile_rows * tiles * (F * G::C * out_packets + 700 * in_packets + 450 * out_packets);

  /// Threads take pieces of the batch where there are enough, otherwise the groups of each piece.
  static void convolve(Workspace<Cpu>& workspace, int threads, Input x, const S* weight, const S* bias, Output y) {
    auto frame = workspace.frame();
    const auto workers = static_cast<std::size_t>(threads);
    const std::size_t all_runs = x.samples() * runs;
    const Chunks pieces(all_runs, all_runs * run_rows * tiles <= most_tiles ? all_runs : piece_runs);
    const bool by_pieces =
        ceil_divide(pieces.count(), workers) * out_packets <= ceil_divide(out_packets, workers) * pieces.count();
    const Groups groups{by_pieces || ceil_divide(out_packets, 2) >= workers ? std::size_t{2} : std::size_t{1}};
    const bool several = pieces.count() > 1;  // for which the kernels are kept

    const Piece largest{0, pieces.chunk_size() * run_rows};
    S* const v = frame.take<S>(workers * largest.v_size());
    S* const u = frame.take<S>((several ? groups.count() : workers) * groups.u_size());
    S* const m = frame.take<S>(workers * largest.m_size(groups.width));
    S* const memory = frame.take<S>(workers * scratch);
    std::size_t* const piece_in_v = frame.take<std::size_t>(workers);
    std::fill_n(piece_in_v, workers, pieces.count());  // none

    if (several)
      parallel_for(threads, groups.count(), [&](std::size_t g, std::size_t worker) {
        transform_kernels(weight, groups[g], u + g * groups.u_size(), memory + worker * scratch);
      });
    parallel_for(by_pieces ? threads : 1, pieces.count(), [&](std::size_t p, std::size_t outer) {
      parallel_for(by_pieces ? 1 : threads, groups.count(), [&](std::size_t g, std::size_t inner) {
        const std::size_t worker = outer + inner, first_row = row_of(pieces.begin(p));  // outer or inner is 0
        const Piece piece{first_row, row_of(pieces.end(p)) - first_row};
        S *const my_v = v + worker * largest.v_size(), *const my_m = m + worker * largest.m_size(groups.width);
        S *const my_memory = memory + worker * scratch, *const my_u = u + (several ? g : worker) * groups.u_size();
        // Each thread makes V for itself: to read what another one has just written takes longer.
        if (std::exchange(piece_in_v[worker], p) != p)
          for (std::size_t run = pieces.begin(p); run < pieces.end(p); ++run)
            transform_input(x, run, piece, my_v, my_memory);
        if (!several) transform_kernels(weight, groups[g], my_u, my_memory);
        multiply(my_v, my_u, piece, groups[g], my_m);
        transform_output(my_m, piece, groups[g], bias, y, my_memory);
      });
    });
  }

 private:
  /// Numbers of a row or a matrix of V, U, M. An odd number of packets: rows one below the other meet in no set of a cache.
  static constexpr std::size_t odd(std::size_t packets) { return (packets | 1) * L; }

  static constexpr std::size_t v_row = (in_packets % 8 == 0 ? in_packets + 1 : in_packets) * L;
  /// Rows of tiles of a sample that are transformed at a time: their lines have room in a first-level cache.
  static constexpr std::size_t most_lines = (1 << 15) / (G::W * L * sizeof(S));
  static constexpr std::size_t runs = ceil_divide(tile_rows, most_lines < 10 ? 1 : (most_lines - 2) / 4);
  static constexpr std::size_t run_rows = ceil_divide(tile_rows, runs);
  /// The first row of tiles of a run, counted through all samples.
  static constexpr std::size_t row_of(std::size_t run) { return run / runs * tile_rows + run % runs * run_rows; }
  /// Tiles whose V and M have room in a second-level cache, and the runs of a piece where all of them have not.
  static constexpr std::size_t most_tiles = (9 << 17) / (F * (v_row + 2 * L) * sizeof(S));
  static constexpr std::size_t piece_runs =
      std::max<std::size_t>(1, std::min<std::size_t>(most_tiles, 32) / (run_rows * tiles));
  static constexpr std::size_t scratch =
      std::max<std::size_t>({Tiles::input_memory(run_rows), Tiles::y_size, Tiles::taps_size});

  /// Packets of output channels whose products are made at a time.
  struct Group {
    std::size_t first, packets;
    constexpr std::size_t row() const { return packets * L; }  // of U and M
    constexpr std::size_t u_matrix() const { return odd(G::C * packets); }
  };
  struct Groups {
    std::size_t width;  // packets
    constexpr std::size_t count() const { return ceil_divide(out_packets, width); }
    constexpr std::size_t u_size() const { return F * Group{0, width}.u_matrix(); }
    constexpr Group operator[](std::size_t g) const { return {g * width, (std::min)(width, out_packets - g * width)}; }
  };

  /// Some runs, of any samples.
  struct Piece {
    std::size_t first_row, rows;  // of tiles
    constexpr std::size_t v_matrix() const { return odd(rows * tiles * (v_row / L)); }
    constexpr std::size_t m_matrix(std::size_t packets) const { return odd(rows * tiles * packets); }
    constexpr std::size_t v_size() const { return F * v_matrix(); }
    constexpr std::size_t m_size(std::size_t packets) const { return F * m_matrix(packets); }
  };

  /// V of a run.
  static void transform_input(Input x, std::size_t run, const Piece& piece, S* v, S* memory) {
    const std::size_t r = run % runs * run_rows, matrix = piece.v_matrix();
    for (std::size_t c = 0; c < G::C; c += L) {
      S* const v_of_run = v + (row_of(run) - piece.first_row) * tiles * v_row + c;
      const auto to = [&](std::size_t f, std::size_t t) { return v_of_run + f * matrix + t * v_row; };
      Tiles::transform_input(x[run / runs].data() + c * in_plane, in_plane, (std::min)(L, G::C - c), r,
                             (std::min)(run_rows, tile_rows - r), memory, to);
    }
  }

  /// U of a group of output channels.
  static void transform_kernels(const S* weight, const Group& group, S* u, S* memory) {
    for (std::size_t k = 0; k < group.packets; ++k) {
      const std::size_t o = (group.first + k) * L, row = group.row(), matrix = group.u_matrix();
      const auto to = [&](std::size_t f, std::size_t c) { return u + f * matrix + c * row + k * L; };
      Tiles::transform_kernels(weight + o * G::taps, (std::min)(L, G::O - o), memory, to);
    }
  }

  /// M = V U
  static void multiply(const S* v, const S* u, const Piece& piece, const Group& group, S* m) {
    const std::size_t rows = piece.rows * tiles;
    for (std::size_t f = 0; f < F; ++f) {
      const S* const v_f = v + f * piece.v_matrix();
      S* const m_f = m + f * piece.m_matrix(group.packets);
      for (std::size_t row = 0; row < rows;) {
        const std::size_t height = products::tile_height(rows - row, row);
        row = (std::min)(row, rows - height);  // a tile may reach over rows that have been there already
        const std::size_t count = height == products::tile_rows ? (rows - row) / height : 1;
        products::multiply_tiles<S>(height, group.packets, count, {v_f + row * v_row, v_row, 1}, height * v_row,
                                    u + f * group.u_matrix(), group.row(), G::C,
                                    {m_f + row * group.row(), group.row(), nullptr, false});
        row += count * height;
      }
    }
  }

  /// The outputs of a piece and a group.
  static void transform_output(const S* m, const Piece& piece, const Group& group, const S* bias, Output y, S* memory) {
    const std::size_t matrix = piece.m_matrix(group.packets);
    for (std::size_t k = 0; k < group.packets; ++k) {
      const std::size_t o = (group.first + k) * L, count = (std::min)(L, G::O - o);
      auto b = simd::all(S{0});
      if (bias) b = count < L ? simd::load_first(bias + o, count) : simd::load(bias + o);
      for (std::size_t row = 0; row < piece.rows; ++row) {
        const std::size_t n = (piece.first_row + row) / tile_rows, r = (piece.first_row + row) % tile_rows;
        const S* const m_of_row = m + row * tiles * group.row() + k * L;
        const auto from = [&](std::size_t f, std::size_t t) { return m_of_row + f * matrix + t * group.row(); };
        Tiles::transform_output(from, b, r, out_plane, count, y[n].data() + o * out_plane, memory);
      }
    }
  }
};

}  // namespace odot::kernels::detail
