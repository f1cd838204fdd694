#pragma once
// SPDX-License-Identifier: MIT
// The relevance maps of one tile of samples: the arithmetic of the attention-wise heads on the CPU.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/kernels/attention_heads/attention_heads.hpp"
#include "odot/kernels/attention_heads/head_norm.hpp"
#include "odot/kernels/exponential.hpp"
#include "odot/kernels/moments.hpp"
#include "odot/kernels/sample_tile.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType In, std::size_t Heads>
struct Maps {
  static_assert(In::rank == 3);
  static_assert(simd::lanes<S> <= 16, "attention_heads_cache pads to 16 samples");
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2];
  static constexpr std::size_t L = simd::lanes<S>;  // samples a tile
  static constexpr std::size_t maps = Heads * C, plane = H * W, array = maps * plane;
  static constexpr std::size_t normalisers = (H + W) * L;  // of one map and tile

  // A worker's memory: x and one map; backward has one more map, dy and dx.
  static constexpr std::size_t forward_scratch = (C + 1) * plane * L;
  static constexpr std::size_t backward_scratch = (2 * C + 3) * plane * L;
  static constexpr std::size_t lane_sums(std::size_t arrays) { return arrays * plane * L; }  // of one map

  using P = simd::Packet<S>;
  using Weights = HeadWeights<const S, In, Heads, Cpu>;

  /// A tile's samples in the worker's memory.
  struct Tile {
    Tile(BatchView<In, const S> batch, const Chunks& tiles, std::size_t t, S* memory)
        : first(tiles.begin(t)), samples(tiles.size(t)), x(memory), a(x + C * plane * L), b(a + plane * L),
          dy(b + plane * L), dx(dy + plane * L) {
      load_tile<C * plane>(batch[first].data(), C * plane, samples, x);
    }
    std::size_t first, samples;
    S *x, *a;        // [C·H·W, L], [H·W, L]
    S *b, *dy, *dx;  // [H·W, L], [H·W, L], [C·H·W, L]: backward alone
  };

  /// x ⊙ w + b of element p of map m.
  static ODOT_INLINE P score(const S* x, const S* w, const S* b, std::size_t p) {
    const P product = simd::multiply(simd::load(x + p * L), simd::all(w[p]));
    return b ? simd::add(product, simd::all(b[p])) : product;
  }
  static const S* plane_of(TensorView<typename Weights::arrays, const S> arrays, std::size_t m) {
    return arrays ? arrays.data() + m * plane : nullptr;
  }

  /// Of map m: log Σ exp of each row [H, L] and of each column [W, L] in `logs`, and the moments of A = Ax ⊙ Ay over the
  /// tile's samples. `a` is scratch.
  static Moments softmax_statistics(const Tile& tile, const Weights& weights, std::size_t m, S* logs) {
    const S* x = tile.x + m % C * plane * L;
    const S *wx = plane_of(weights.weight_x, m), *wy = plane_of(weights.weight_y, m);
    const S *bx = plane_of(weights.bias_x, m), *by = plane_of(weights.bias_y, m);
    P row_inverse[H], largest[W], total[W];
    // Rows: a = Ax · its denominator.
    for (std::size_t i = 0; i < H; ++i) {
      P row_largest = score(x, wx, bx, i * W), row_total = simd::all(S{0});
      for (std::size_t j = 1; j < W; ++j) row_largest = simd::max(row_largest, score(x, wx, bx, i * W + j));
      for (std::size_t j = 0; j < W; ++j) {
        const P e = simd::softmax_exp<S>(simd::subtract(score(x, wx, bx, i * W + j), row_largest));
        row_total = simd::add(row_total, e);
        simd::store(tile.a + (i * W + j) * L, e);
      }
      simd::store(logs + i * L, simd::add(row_largest, simd::log(row_total)));
      row_inverse[i] = simd::divide(simd::all(S{1}), row_total);
    }
    // Columns, row by row for the cache's sake: a = A · both denominators.
    for (std::size_t j = 0; j < W; ++j) largest[j] = score(x, wy, by, j);
    for (std::size_t i = 1; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) largest[j] = simd::max(largest[j], score(x, wy, by, i * W + j));
    std::fill_n(total, W, simd::all(S{0}));
    for (std::size_t i = 0; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) {
        const P e = simd::softmax_exp<S>(simd::subtract(score(x, wy, by, i * W + j), largest[j]));
        total[j] = simd::add(total[j], e);
        S* at = tile.a + (i * W + j) * L;
        simd::store(at, simd::multiply(simd::load(at), e));
      }
    for (std::size_t j = 0; j < W; ++j) {
      simd::store(logs + (H + j) * L, simd::add(largest[j], simd::log(total[j])));
      total[j] = simd::divide(simd::all(S{1}), total[j]);
    }
    return moments_of(tile, row_inverse, total);
  }

  /// a = A = exp(x Wx − row's log + x Wy − column's log).
  static void recomputed_map(const Tile& tile, const Weights& weights, std::size_t m, const S* logs, S* a) {
    const S* x = tile.x + m % C * plane * L;
    const S *wx = plane_of(weights.weight_x, m), *wy = plane_of(weights.weight_y, m);
    const S *bx = plane_of(weights.bias_x, m), *by = plane_of(weights.bias_y, m);
    for (std::size_t i = 0; i < H; ++i) {
      const P row = simd::load(logs + i * L);
      for (std::size_t j = 0; j < W; ++j) {
        const std::size_t p = i * W + j;
        const P along_row = simd::subtract(score(x, wx, bx, p), row);
        const P along_column = simd::subtract(score(x, wy, by, p), simd::load(logs + (H + j) * L));
        simd::store(a + p * L, simd::softmax_exp<S>(simd::add(along_row, along_column)));
      }
    }
  }

  /// Moments, over the tile's samples, of A = a · (its row's inverse) · (its column's inverse). One pass: the deviations are
  /// those from 1/(H·W), which A's mean comes close to where its variance is small.
  static Moments moments_of(const Tile& tile, const P (&row_inverse)[H], const P (&column_inverse)[W]) {
    constexpr S centre = S{1} / static_cast<S>(plane);
    P sum = simd::all(S{0}), squares = simd::all(S{0});
    for (std::size_t i = 0; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) {
        const P scaled = simd::multiply(simd::load(tile.a + (i * W + j) * L), column_inverse[j]);
        const P d = simd::multiply_add(scaled, row_inverse[i], simd::all(-centre));
        sum = simd::add(sum, d);
        squares = simd::multiply_add(d, d, squares);
      }
    S sums[L], deviations[L];
    simd::store(sums, sum);
    simd::store(deviations, squares);
    Moments all;
    for (std::size_t l = 0; l < tile.samples; ++l) {
      const double mean = static_cast<double>(sums[l]) / static_cast<double>(plane);
      const double around_mean = static_cast<double>(deviations[l]) - mean * static_cast<double>(sums[l]);
      all.join({static_cast<double>(plane), static_cast<double>(centre) + mean, std::max(around_mean, 0.0)});
    }
    return all;
  }

  /// y_m = Â ⊙ x from a = A (which it overwrites).
  template <ShapeType Out>
  static void store_head(const Tile& tile, std::size_t m, const NormLine<S>& line, BatchView<Out, S> y) {
    const S* x = tile.x + m % C * plane * L;
    const P mean = simd::all(line.mean), scale = simd::all(line.scale), shift = simd::all(line.shift);
    for (std::size_t p = 0; p < plane; ++p) {
      S* at = tile.a + p * L;
      const P normed = simd::multiply_add(simd::subtract(simd::load(at), mean), scale, shift);
      simd::store(at, simd::multiply(normed, simd::load(x + p * L)));
    }
    store_tile<plane>(tile.a, Out::size, tile.samples, y[tile.first].data() + m * plane);
  }

  // ---- backward

  /// dy = the gradient of head map m; 0 in the lanes without a sample.
  template <ShapeType Out>
  static void load_gradient(const Tile& tile, BatchView<Out, const S> dy, std::size_t m) {
    load_tile<plane>(dy[tile.first].data() + m * plane, Out::size, tile.samples, tile.dy);
  }

  /// sums = {Σ dÂ, Σ dÂ x̂} over the tile, dÂ = dy ⊙ x, x̂ = (A − mean)/σ, from a = A.
  static void norm_sums(const Tile& tile, std::size_t m, S mean, S rstd, double* sums) {
    const S* x = tile.x + m % C * plane * L;
    P sum = simd::all(S{0}), product = simd::all(S{0});
    for (std::size_t p = 0; p < plane; ++p) {
      const P grad = simd::multiply(simd::load(tile.dy + p * L), simd::load(x + p * L));
      sum = simd::add(sum, grad);
      product = simd::multiply_add(grad, simd::subtract(simd::load(tile.a + p * L), simd::all(mean)), product);
    }
    sums[0] = static_cast<double>(simd::sum(sum));
    sums[1] = static_cast<double>(simd::sum(product)) * static_cast<double>(rstd);
  }

  static void clear_input_gradient(const Tile& tile) { std::fill_n(tile.dx, C * plane * L, S{0}); }

  /// From dy: a = Ax, b = Ay, dy = t = A ⊙ ∂ℓ/∂A, its sums, and dx += dy ⊙ Â.
  template <HeadNorm Norm>
  static void relevance_gradient(const Tile& tile, const Weights& weights, std::size_t m, const S* logs,
                                 const NormGradient<S>& norm, P (&row_sums)[H], P (&column_sums)[W]) {
    const S* x = tile.x + m % C * plane * L;
    S* dx = tile.dx + m % C * plane * L;
    const S *wx = plane_of(weights.weight_x, m), *wy = plane_of(weights.weight_y, m);
    const S *bx = plane_of(weights.bias_x, m), *by = plane_of(weights.bias_y, m);
    const P mask = mask_of(tile.samples);
    std::fill_n(row_sums, H, simd::all(S{0}));
    std::fill_n(column_sums, W, simd::all(S{0}));
    for (std::size_t i = 0; i < H; ++i) {
      const P row = simd::load(logs + i * L);
      for (std::size_t j = 0; j < W; ++j) {
        const std::size_t p = i * W + j;
        const P ax = simd::softmax_exp<S>(simd::subtract(score(x, wx, bx, p), row));
        const P ay = simd::softmax_exp<S>(simd::subtract(score(x, wy, by, p), simd::load(logs + (H + j) * L)));
        const P t =
            relevance_step<Norm>(simd::load(tile.dy + p * L), simd::load(x + p * L), ax, ay, norm, mask, dx + p * L);
        simd::store(tile.a + p * L, ax);
        simd::store(tile.b + p * L, ay);
        simd::store(tile.dy + p * L, t);
        row_sums[i] = simd::add(row_sums[i], t);
        column_sums[j] = simd::add(column_sums[j], t);
      }
    }
  }

  /// One element: t = A ⊙ ∂ℓ/∂A from the head's gradient; *dx += what comes through the product.
  template <HeadNorm Norm>
  static ODOT_INLINE P relevance_step(const P& grad, const P& x, const P& ax, const P& ay, const NormGradient<S>& norm,
                                      const P& mask, S* dx) {
    const P relevance = simd::multiply(ax, ay);
    // y = Â ⊙ x
    const P normed = simd::multiply_add(relevance, simd::all(norm.scale), simd::all(norm.offset));
    simd::store(dx, simd::multiply_add(grad, normed, simd::load(dx)));
    P d = simd::multiply(grad, x);
    // Â = scale · A + offset, both of them through the batch's statistics
    if constexpr (Norm != HeadNorm::none) {
      const P inner = simd::multiply_add(d, simd::all(norm.scale), simd::all(norm.constant));
      d = simd::multiply(mask, simd::multiply_add(relevance, simd::all(norm.by_relevance), inner));
    }
    return simd::multiply(relevance, d);
  }

  /// 1 in the lanes of real samples, 0 in the others.
  static P mask_of(std::size_t samples) {
    S real[L];
    for (std::size_t l = 0; l < L; ++l) real[l] = l < samples ? S{1} : S{0};
    return simd::load(real);
  }

  /// From a = Ax, b = Ay, dy = t, row_sums = Σ_W t, column_sums = Σ_H t: adds the gradients of map m's arrays, still one
  /// number a lane, to `sums` [arrays, H·W, L]; dx += what comes through the softmaxes.
  template <bool Bias>
  static void array_gradients(const Tile& tile, const Weights& weights, std::size_t m, const P (&row_sums)[H],
                              const P (&column_sums)[W], S* sums) {
    constexpr std::size_t stride = plane * L;
    const S* x = tile.x + m % C * plane * L;
    S* dx = tile.dx + m % C * plane * L;
    const S *wx = plane_of(weights.weight_x, m), *wy = plane_of(weights.weight_y, m);
    const auto accumulate = [](S* at, const P& value) { simd::store(at, simd::add(simd::load(at), value)); };
    for (std::size_t i = 0; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) {
        const std::size_t p = i * W + j;
        const P t = simd::load(tile.dy + p * L), xs = simd::load(x + p * L);
        // Ax = softmax over W of x ⊙ Wx + Bx;  Ay = softmax over H of x ⊙ Wy + By
        const P dzx = simd::subtract(t, simd::multiply(simd::load(tile.a + p * L), row_sums[i]));
        const P dzy = simd::subtract(t, simd::multiply(simd::load(tile.b + p * L), column_sums[j]));
        const P through_x = simd::multiply_add(dzx, simd::all(wx[p]), simd::load(dx + p * L));
        simd::store(dx + p * L, simd::multiply_add(dzy, simd::all(wy[p]), through_x));
        S* at = sums + p * L;
        simd::store(at, simd::multiply_add(dzx, xs, simd::load(at)));
        simd::store(at + stride, simd::multiply_add(dzy, xs, simd::load(at + stride)));
        if constexpr (Bias) {
          accumulate(at + 2 * stride, dzx);
          accumulate(at + 3 * stride, dzy);
        }
      }
  }

  static void store_input_gradient(const Tile& tile, BatchView<In, S> dx) {
    store_tile<C * plane>(tile.dx, C * plane, tile.samples, dx[tile.first].data());
  }
};

}  // namespace odot::kernels::detail
