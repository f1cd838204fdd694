#pragma once
// SPDX-License-Identifier: MIT
// Contract of element-wise attention over the tokens of a sequence.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// Which element-wise attention. Order 0: the exponential itself; otherwise its Taylor series up to that even order.
struct ElementWiseForm {
  std::size_t order = 6;
  bool causal = false;  ///< token i attends to tokens 0 … i only

  constexpr bool is_series() const { return order != 0; }
  /// Whether one token after the other can be computed from a state of fixed size.
  constexpr bool is_recurrent() const { return is_series() && causal; }
  /// Numbers per channel of finished sums: cₙ A_n and cₙ B_n, n = 0 … order, and the two numbers that they are relative
  /// to.
  constexpr std::size_t sums() const { return 2 * (order + 1) + 2; }
  /// Numbers per channel of a recurrent state: such sums over all complete blocks of 32 tokens so far, their
  /// rounding errors, the sums over the current block, and its number of tokens.
  constexpr std::size_t state() const { return sums() + 4 * (order + 1) + 1; }
};

/// Attention per channel. Token i of a sample attends to its tokens j by the distance of query i and key j:
///     y_i = Σ_j w_ij v_j / Σ_j w_ij,   w_ij = exp(−(q_i − k_j)²)                                    full
///     y_i = Σ_n c_n q_iⁿ A_n / Σ_n c_n q_iⁿ B_n,  n = 0 … order,  c_n = 2ⁿ/n!                       series
///           A_n = Σ_j k_jⁿ exp(−k_j²) v_j,  B_n = Σ_j k_jⁿ exp(−k_j²)
///     causal: the sums over j end at i.
/// Numerator and denominator are multiplied by exp(min_j (q_i − k_j)²), in the series by nearly exp(min_j k_j²), with
/// the minimum over the same j: there is no 0/0, however large the keys are. Exponents are computed as products of
/// differences, (m − k)(m + k), so that they are right where squares are large. The series keeps powers of k/σ and q σ,
/// where σ is a power of two near the largest |k| of non-zero weight, and divides by the highest power of a large
/// query, so that no power leaves a scalar's range. In float, values and gradients are the definition's, up to
/// rounding, for |q|, |k| from 1e-30 to 1e30 whose product is not below 1e-34. (Where q k is far below zero, the terms
/// of a high order cancel, as those of exp do; use a low order or double there.) Sums over tokens are compensated:
/// their rounding does not grow with L. NaN or infinity in, NaN or infinity out: in the outputs and gradients that
/// depend on that number.
/// Shapes  qkv [N, L, 3·D]: query, key and value of each token, D numbers each → y [N, L, D]; lengths [N] (optional):
///         valid tokens of each sample, padding after them. y is 0 at padding, and no token attends to padding.
/// Grad    dqkv (overwritten; 0 at padding; optional), with M_i the denominator:
///     full    p_ij = w_ij/M_i,  t_ij = dy_i p_ij (v_j − y_i):   dq_i = −2 Σ_j t_ij (q_i − k_j)
///             dk_j = 2 Σ_i t_ij (q_i − k_j),   dv_j = Σ_i dy_i p_ij
///     series  dq_i = (dy_i/M_i) Σ_n c_n n q_i^(n−1) (A_n − y_i B_n)
///             P_n = Σ_i (dy_i/M_i) c_n q_iⁿ,  R_n = Σ_i (dy_i y_i/M_i) c_n q_iⁿ  (causal: i ≥ j)
///             dv_j = exp(−k_j²) Σ_n P_n k_jⁿ,  dk_j = exp(−k_j²) Σ_n (P_n v_j − R_n)(n k_j^(n−1) − 2 k_j^(n+1))
/// Cost    full O(N L² D): an exponential per pair forward, one backward; series O(N L order D): one exponential per
///         token forward, one backward (causal: the same)
/// Memory  linear in L; element_wise_attention_cache says what forward leaves for backward
/// Source  Feng, "Element-wise Attention Is All You Need", 2025, equations 3 to 10
template <class Device>
struct ElementWiseAttention : detail::MissingKernels<Device> {
  /// cache: element_wise_attention_cache numbers, for backward.
  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void forward_training(Workspace<Device>& workspace, BatchView<Shape<L, 3 * D>, const S, Device> qkv,
                               const std::int32_t* lengths, S* cache, BatchView<Shape<L, D>, S, Device> y);
  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void forward_evaluation(Workspace<Device>& workspace, BatchView<Shape<L, 3 * D>, const S, Device> qkv,
                                 const std::int32_t* lengths, BatchView<Shape<L, D>, S, Device> y);
  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<L, 3 * D>, const S, Device> qkv,
                       const std::int32_t* lengths, const S* cache, BatchView<Shape<L, D>, const S, Device> y,
                       BatchView<Shape<L, D>, const S, Device> dy, BatchView<Shape<L, 3 * D>, S, Device> dqkv);

  /// The next token of n sequences, in recurrent forms only: qkv [n, 3·D], state [n, form.state(), D] → y [n, D]. The
  /// state changes in place; before the first token it is all zero. Token by token, y is the causal form's.
  template <ElementWiseForm Form, class S, std::size_t D>
  static void step(Workspace<Device>& workspace, BatchView<Shape<3 * D>, const S, Device> qkv,
                   BatchView<Shape<Form.state(), D>, S, Device> state, BatchView<Shape<D>, S, Device> y);
};

/// What a device's ElementWiseAttention must offer, checked by example calls.
template <class K, class Device, class S = float, ElementWiseForm Form = ElementWiseForm{.order = 2, .causal = true}>
concept ElementWiseAttentionKernel =
    requires(Workspace<Device>& workspace, BatchView<Shape<5, 6>, const S, Device> qkv, const std::int32_t* lengths,
             S* cache, const S* kept, BatchView<Shape<5, 2>, S, Device> y, BatchView<Shape<5, 2>, const S, Device> dy,
             BatchView<Shape<5, 6>, S, Device> dqkv, BatchView<Shape<6>, const S, Device> token,
             BatchView<Shape<Form.state(), 2>, S, Device> state, BatchView<Shape<2>, S, Device> next) {
      K::template forward_training<Form>(workspace, qkv, lengths, cache, y);
      K::template forward_evaluation<Form>(workspace, qkv, lengths, y);
      K::template backward<Form>(workspace, qkv, lengths, kept, dy, dy, dqkv);
      K::template step<Form>(workspace, token, state, next);
    };

/// Tokens of a block; a causal forward keeps the sums before every block but the first.
inline constexpr std::size_t element_wise_checkpoint = 32;

/// Numbers in the cache of ElementWiseAttention, the same on every device. full: for every output, the number that its
/// exponents are relative to (the nearest key; on the Cpu, the middle of keys in a narrow range) and M_i. series: the
/// sums cₙ A_n and cₙ B_n of a sample. causal series: the same before tokens 32, 64, …, from which backward goes
/// through 32 tokens again.
constexpr std::size_t element_wise_attention_cache(ElementWiseForm form, std::size_t samples, std::size_t tokens,
                                                   std::size_t channels) {
  if (!form.is_series()) return 2 * samples * tokens * channels;
  const std::size_t states = form.causal ? (tokens - 1) / element_wise_checkpoint : std::size_t{1};
  return samples * states * form.sums() * channels;
}

}  // namespace odot::kernels
