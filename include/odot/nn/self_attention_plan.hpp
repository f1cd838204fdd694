#pragma once
// SPDX-License-Identifier: MIT
// The forms of nn::SelfAttention: their parameters, and the places of queries, keys and values. Constants only.

#include <array>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/projections.hpp"

namespace odot::nn {

/// Which matrices a self-attention has; x_i: token i as a row. Weights as Linear's: query = x_i · q.weightᵀ, so the
/// papers' W_Q is the transpose of q.weight.
enum class AttentionForm {
  full,          ///< s_ij ~ x_i W_Q W_Kᵀ x_jᵀ per head: q.weight, k.weight, v.weight, out.weight
  wqk,           ///< s_ij ~ x_i W_qk x_jᵀ, one head: qk.weight (the transpose of W_qk), v.weight, out.weight
  wqk_only,      ///< the same with z_i = Σ_j a_ij x_j: qk.weight alone, the minimum
  symmetric,     ///< s_ij ~ x_i W_Q W_Qᵀ x_jᵀ per head: q.weight, v.weight, out.weight
  symmetric_tt,  ///< s_ij ~ x_i T Tᵀ x_jᵀ, one head, T lower triangular: qk.triangle [D(D + 1)/2], its rows without
                 ///< their zeros, drawn from N(0, 1/D); v.weight, out.weight
  symmetric_tt_only,  ///< the same with z_i = Σ_j a_ij x_j: qk.triangle alone
};

struct SelfAttentionOptions {
  std::size_t heads = 1;
  bool causal = false;  ///< a token sees only itself and those before it
  AttentionForm form = AttentionForm::full;
  bool bias = false;  ///< biases of all projections, as torch.nn.MultiheadAttention's; the papers' equations have none
};

namespace detail {

inline const char* name_of(AttentionForm form) {
  constexpr std::array names{"full", "wqk", "wqk_only", "symmetric", "symmetric_tt", "symmetric_tt_only"};
  return names[static_cast<std::size_t>(form)];
}

constexpr bool is_triangle(AttentionForm form) {
  return form == AttentionForm::symmetric_tt || form == AttentionForm::symmetric_tt_only;
}
constexpr bool one_head_only(AttentionForm form) {
  return is_triangle(form) || form == AttentionForm::wqk || form == AttentionForm::wqk_only;
}

template <ShapeType In, SelfAttentionOptions Options>
struct SelfAttentionPlan {
  static constexpr AttentionForm form = Options.form;
  static constexpr std::size_t rank = In::rank, tokens = rank == 2 ? In::extents[0] : 1,
                               features = rank == 0 ? 1 : In::extents[rank - 1];
  static constexpr std::size_t heads = Options.heads == 0 ? 1 : Options.heads, width = features / heads;  // 0: an error

  static constexpr bool symmetric = is_triangle(form) || form == AttentionForm::symmetric;  // keys are the queries
  static constexpr bool projects_keys = form == AttentionForm::full;
  static constexpr bool has_values = form != AttentionForm::wqk_only && form != AttentionForm::symmetric_tt_only;
  static constexpr bool reads_tokens = !has_values || !(symmetric || projects_keys);  // keys or values are x itself

  using projections = Projections<In, ProjectionForm{.keys = projects_keys,
                                                     .values = has_values,
                                                     .output = has_values,
                                                     .bias = Options.bias,
                                                     .joint = one_head_only(form),
                                                     .triangle = is_triangle(form)}>;

  /// The scale is 1/√d, d the width of a head: of D where one matrix serves all features.
  static constexpr double inverse_root(std::size_t d) {
    double root = static_cast<double>(d);  // Newton's iteration from above ends where it no longer falls
    for (double next = (root + 1) / 2; next < root; next = (root + static_cast<double>(d) / root) / 2) root = next;
    return 1 / root;
  }
  static constexpr kernels::DotProductGeometry geometry{.tokens = tokens,
                                                        .heads = heads,
                                                        .width = width,
                                                        .value_width = width,
                                                        .causal = Options.causal,
                                                        .scale = inverse_root(width)};

  /// Queries, keys and values.
  template <class S>
  struct Arrays {
    kernels::TokenArray<S> q, k, v;
  };
  /// Where they lie, given the projections [N, L, width] and the tokens [N, L, D].
  template <class S>
  static Arrays<S> arrays(S* projected, S* x) {
    constexpr std::size_t stride = projections::width;
    const kernels::TokenArray<S> all{x, features}, first{projected, stride};
    const auto k = projects_keys ? kernels::TokenArray<S>{projected + features, stride} : symmetric ? first : all;
    const auto v = has_values ? kernels::TokenArray<S>{projected + (projections::count - 1) * features, stride} : all;
    return {first, k, v};
  }
};

}  // namespace detail

}  // namespace odot::nn
