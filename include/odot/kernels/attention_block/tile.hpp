#pragma once
// SPDX-License-Identifier: MIT
// The arithmetic of an attention block on one tile of samples, on the CPU. Everything is [element][lane], one packet an
// element; "framed" planes have a border of one zero element on each side, for the 3×3 convolution.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/attention_block/attention_block.hpp"
#include "odot/kernels/attention_heads/maps.hpp"

namespace odot::kernels::detail {

template <class S, class G>
struct BlockTile {
  using M = Maps<S, typename G::image, G::heads>;
  using P = simd::Packet<S>;
  using Weights = BlockWeights<const S, G, Cpu>;
  static constexpr std::size_t C = G::C, H = G::H, W = G::W, L = M::L, plane = H * W;
  static constexpr std::size_t framed_row = W + 2, framed = (H + 2) * framed_row;
  static constexpr std::size_t taps = 9;  // of the 3×3 kernel

  /// One tile's planes, and scratch planes that the tiles of a worker share.
  struct Memory {
    static constexpr std::size_t tile_elements = (2 * C * plane + C * framed) * L;
    static constexpr std::size_t scratch_elements = (framed + 3 * plane) * L;
    Memory(S* tile, S* scratch)
        : x(tile), out(x + C * plane * L), grad(out + C * plane * L), head(scratch), a(head + framed * L),
          b(a + plane * L), t(b + plane * L) {
      std::fill_n(grad, C * framed * L, S{0});
      std::fill_n(head, framed * L, S{0});
    }
    S *x, *out;    // [C, H, W]: the input; the output, or the input's gradient
    S* grad;       // [C] framed: the gradient before the ReLU
    S* head;       // framed: one head's output
    S *a, *b, *t;  // [H, W]: maps
  };

  /// Tiles that backward takes together, as many as fit half a second-level cache: their arrays' gradients are summed
  /// over the lanes once.
  static constexpr std::size_t group =
      std::clamp<std::size_t>((std::size_t{3} << 18) / (Memory::tile_elements * sizeof(S)), 1, 4);

  static constexpr std::size_t at(std::size_t i, std::size_t j) { return ((i + 1) * framed_row + j + 1) * L; }

  /// Row i of head m's output in `head`, y = Â ⊙ x, A from its normalisers.
  static ODOT_INLINE void head_row(const Memory& mem, const typename M::Weights& w, std::size_t m, const S* logs,
                                   const NormLine<S>& line, std::size_t i) {
    const S* x = mem.x + m % C * plane * L;
    const S *wx = M::plane_of(w.weight_x, m), *wy = M::plane_of(w.weight_y, m);
    const S *bx = M::plane_of(w.bias_x, m), *by = M::plane_of(w.bias_y, m);
    const P row = simd::load(logs + i * L), scale = simd::all(line.scale);
    const P offset = simd::all(line.shift - line.mean * line.scale);
    for (std::size_t j = 0; j < W; ++j) {
      const std::size_t p = i * W + j;
      const P z = simd::subtract(M::score_sum(x, wx, wy, bx, by, p), simd::add(row, simd::load(logs + (H + j) * L)));
      const P normed = simd::multiply_add(simd::softmax_exp<S>(z), scale, offset);
      simd::store(mem.head + at(i, j), simd::multiply(normed, simd::load(x + p * L)));
    }
  }

  /// out[o] row i += the convolution of `head` with channel m's kernels.
  static ODOT_INLINE void convolve_row(const Memory& mem, const S* kernels, std::size_t m, std::size_t i) {
    for (std::size_t o = 0; o < C; ++o) {
      const S* w = kernels + (o * G::maps + m) * taps;
      P k[taps];
      for (std::size_t t = 0; t < taps; ++t) k[t] = simd::all(w[t]);
      S* out = mem.out + (o * plane + i * W) * L;
      const S* from = mem.head + at(i, 0) - (framed_row + 1) * L;
      for (std::size_t j = 0; j < W; ++j, from += L, out += L) {
        P sum = simd::load(out), other = simd::multiply(simd::load(from), k[0]);
        other = simd::multiply_add(simd::load(from + L), k[1], other);
        other = simd::multiply_add(simd::load(from + 2 * L), k[2], other);
        other = simd::multiply_add(simd::load(from + framed_row * L), k[3], other);
        sum = simd::multiply_add(simd::load(from + (framed_row + 1) * L), k[4], sum);
        sum = simd::multiply_add(simd::load(from + (framed_row + 2) * L), k[5], sum);
        sum = simd::multiply_add(simd::load(from + 2 * framed_row * L), k[6], sum);
        sum = simd::multiply_add(simd::load(from + (2 * framed_row + 1) * L), k[7], sum);
        sum = simd::multiply_add(simd::load(from + (2 * framed_row + 2) * L), k[8], sum);
        simd::store(out, simd::add(sum, other));
      }
    }
  }

  /// out[o] = bias[o] [+ x[o]]
  static void start_output(const Memory& mem, const S* bias) {
    for (std::size_t o = 0; o < C; ++o)
      for (std::size_t p = o * plane; p < (o + 1) * plane; ++p)
        simd::store(mem.out + p * L,
                    G::skip ? simd::add(simd::load(mem.x + p * L), simd::all(bias[o])) : simd::all(bias[o]));
  }

  /// out += the convolution of head m, whose rows are made on the way.
  static void add_head(const Memory& mem, const Weights& w, std::size_t m, const S* logs, const NormLine<S>& line) {
    for (std::size_t i = 0; i <= H; ++i) {
      if (i < H) head_row(mem, w.heads, m, logs, line, i);
      if (i > 0) convolve_row(mem, w.conv_weight.data(), m, i - 1);
    }
  }

  static void finish_output(const Memory& mem, std::size_t samples, S* y) {
    if constexpr (G::relu)
      for (std::size_t p = 0; p < C * plane; ++p) {
        const P value = simd::load(mem.out + p * L);
        simd::store(mem.out + p * L, simd::max_keeping_nan(value, simd::all(S{0})));
      }
    store_tile<C * plane>(mem.out, C * plane, samples, y);
  }

  // ---- backward

  /// grad = dy, 0 where the ReLU gave 0 and in lanes without a sample; `t` serves as scratch.
  static void load_gradient(const Memory& mem, std::size_t samples, const S* y, const S* dy) {
    for (std::size_t o = 0; o < C; ++o) {
      load_tile<plane>(dy + o * plane, C * plane, samples, mem.t);
      if constexpr (G::relu) load_tile<plane>(y + o * plane, C * plane, samples, mem.a);
      for (std::size_t i = 0; i < H; ++i)
        for (std::size_t j = 0; j < W; ++j) {
          P g = simd::load(mem.t + (i * W + j) * L);
          // y = max(…, 0)
          if constexpr (G::relu) g = simd::where_positive(simd::load(mem.a + (i * W + j) * L), g);
          simd::store(mem.grad + o * framed * L + at(i, j), g);
        }
    }
  }

  /// out (the input's gradient) = grad through the skip connection, 0 without one.
  static void start_input_gradient(const Memory& mem) {
    if constexpr (!G::skip) std::fill_n(mem.out, C * plane * L, S{0});
    else
      for (std::size_t o = 0; o < C; ++o)
        for (std::size_t i = 0; i < H; ++i)
          std::copy_n(mem.grad + o * framed * L + at(i, 0), W * L, mem.out + (o * plane + i * W) * L);
  }

  /// sums[o][u][v] += Σ_p grad[o](p) · plane(p + (u, v) − (1, 1)), `plane` framed, row i of grad.
  static ODOT_INLINE void correlate_row(const Memory& mem, const S* plane_at, std::size_t o, std::size_t i,
                                        P (&sums)[taps]) {
    const S* g = mem.grad + o * framed * L + at(i, 0);
    const S* from = plane_at + at(i, 0) - (framed_row + 1) * L;
    for (std::size_t j = 0; j < W; ++j, g += L, from += L) {
      const P grad = simd::load(g);
#pragma GCC unroll 9
      for (std::size_t t = 0; t < taps; ++t)
        sums[t] = simd::multiply_add(grad, simd::load(from + (t / 3 * framed_row + t % 3) * L), sums[t]);
    }
  }

  static void add_sums(const P (&sums)[taps], S* total) {
    for (std::size_t t = 0; t < taps; ++t) total[t] += simd::sum(sums[t]);
  }

  /// correlations[o][m][u][v] += Σ grad[o] · head m, standard[o][m] with x̂ in place of Â; head rows are made on the way.
  static void correlate_head(const Memory& mem, const Weights& w, std::size_t m, const S* logs, const NormLine<S>& line,
                             S* correlations) {
    for (std::size_t o = 0; o < C; ++o) {
      P sums[taps];
      for (auto& sum : sums) sum = simd::all(S{0});
      for (std::size_t i = 0; i <= H; ++i) {
        if (i < H && o == 0) head_row(mem, w.heads, m, logs, line, i);
        if (i > 0) correlate_row(mem, mem.head, o, i - 1, sums);
      }
      add_sums(sums, correlations + (o * G::maps + m) * taps);
    }
  }

  /// correlations[o][c][u][v] += Σ grad[o] · x[c];  bias[o] += Σ grad[o].
  static void correlate_input(const Memory& mem, S* correlations, S* bias) {
    for (std::size_t c = 0; c < C; ++c) {
      for (std::size_t i = 0; i < H; ++i) std::copy_n(mem.x + (c * plane + i * W) * L, W * L, mem.head + at(i, 0));
      for (std::size_t o = 0; o < C; ++o) {
        P sums[taps];
        for (auto& sum : sums) sum = simd::all(S{0});
        for (std::size_t i = 0; i < H; ++i) correlate_row(mem, mem.head, o, i, sums);
        add_sums(sums, correlations + (o * C + c) * taps);
      }
    }
    for (std::size_t o = 0; o < C; ++o) {
      P sum = simd::all(S{0});
      for (std::size_t i = 0; i < H; ++i)
        for (std::size_t j = 0; j < W; ++j) sum = simd::add(sum, simd::load(mem.grad + o * framed * L + at(i, j)));
      bias[o] += simd::sum(sum);
    }
  }

  /// ∂ℓ/∂head at row i: out[j] = Σ_o Σ_{u,v} w[o][m][u][v] · grad[o](p − (u, v) + (1, 1)).
  static ODOT_INLINE void head_gradient_row(const Memory& mem, const S* kernels, std::size_t m, std::size_t i, S* out) {
    for (std::size_t o = 0; o < C; ++o) {
      const S* w = kernels + (o * G::maps + m) * taps;
      P k[taps];
      for (std::size_t t = 0; t < taps; ++t) k[t] = simd::all(w[taps - 1 - t]);  // turned by 180°
      const S* from = mem.grad + o * framed * L + at(i, 0) - (framed_row + 1) * L;
      for (std::size_t j = 0; j < W; ++j, from += L) {
        P even = simd::multiply(simd::load(from), k[0]), odd = simd::multiply(simd::load(from + L), k[1]);
        if (o > 0) even = simd::add(even, simd::load(out + j * L));
#pragma GCC unroll 7
        for (std::size_t t = 2; t < taps; ++t) {
          P& sum = t % 2 ? odd : even;
          sum = simd::multiply_add(simd::load(from + (t / 3 * framed_row + t % 3) * L), k[t], sum);
        }
        simd::store(out + j * L, simd::add(even, odd));
      }
    }
  }

  /// Map m: a = Ax, b = Ay, t = A ⊙ ∂ℓ/∂A, its sums, and out (the input's gradient) += ∂ℓ/∂head ⊙ Â.
  static void relevance_gradient(const Memory& mem, const Weights& w, std::size_t m, const S* logs,
                                 const NormGradient<S>& norm, const P& mask, P (&row_sums)[H], P (&column_sums)[W]) {
    const std::size_t c = m % C;
    const S* xc = mem.x + c * plane * L;
    const S *wx = M::plane_of(w.heads.weight_x, m), *wy = M::plane_of(w.heads.weight_y, m);
    const S *bx = M::plane_of(w.heads.bias_x, m), *by = M::plane_of(w.heads.bias_y, m);
    std::fill_n(column_sums, W, simd::all(S{0}));
    for (std::size_t i = 0; i < H; ++i) {
      const P row = simd::load(logs + i * L);
      head_gradient_row(mem, w.conv_weight.data(), m, i, mem.t + i * W * L);
      P sum = simd::all(S{0});
      for (std::size_t j = 0; j < W; ++j) {
        const std::size_t p = i * W + j;
        const P ax = simd::softmax_exp<S>(simd::subtract(M::score(xc, wx, bx, p), row));
        const P ay = simd::softmax_exp<S>(simd::subtract(M::score(xc, wy, by, p), simd::load(logs + (H + j) * L)));
        const P t = M::template relevance_step<G::norm>(simd::load(mem.t + p * L), simd::load(xc + p * L), ax, ay, norm,
                                                        mask, mem.out + (c * plane + p) * L);
        simd::store(mem.a + p * L, ax);
        simd::store(mem.b + p * L, ay);
        simd::store(mem.t + p * L, t);
        sum = simd::add(sum, t);
        column_sums[j] = simd::add(column_sums[j], t);
      }
      row_sums[i] = sum;
    }
  }
};

}  // namespace odot::kernels::detail
