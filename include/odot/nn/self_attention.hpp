#pragma once
// SPDX-License-Identifier: MIT
// SelfAttention: dot-product self-attention, in full and with fewer matrices.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/add.hpp"
#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/self_attention_plan.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Self-attention: with a_ij = softmax over j of the similarity of tokens i and j divided by √d,
///     y_i = Σ_j a_ij x_j W_V W_O        (heads of width d = D/heads side by side between W_V and W_O)
/// Shapes  x [N, L, D] → y [N, L, D]
/// Params  full: q.weight, k.weight, v.weight, out.weight [D, D]. These are torch.nn.MultiheadAttention's, whose
///         in_proj_weight is q, k and v one below the other and whose out_proj is out. Other forms: AttentionForm.
///         `bias` adds q.bias, … (in_proj_bias) and out.bias (out_proj.bias), each [D]
/// Lengths padding is ignored as keys; there, y is 0 (with `bias`: out.bias) and dx is 0
/// Grad    dx overwritten, the parameters' added
/// Errors  compile time: input of a rank other than 2; heads that do not divide the features; more than one head if
///         one matrix replaces W_Q W_Kᵀ
/// Cost    full: 8·L·D² + 4·L²·D FLOP per sample forward, 16·L·D² + 10·L²·D backward. No L×L matrix is kept
/// Source  Vaswani et al., "Attention is all you need", 2017; the other forms: Bermeitinger et al., "Reducing the
///         Transformer architecture to a minimum", 2024
template <SelfAttentionOptions Options = SelfAttentionOptions{}>
struct SelfAttention {
  template <ShapeType In>
  struct bind : Layer<In, In, typename detail::SelfAttentionPlan<In, Options>::projections::parameters> {
   private:
    using Plan = detail::SelfAttentionPlan<In, Options>;
    using Projections = typename Plan::projections;
    static constexpr std::size_t L = Plan::tokens, D = Plan::features, width = Projections::width;

   public:
    using plan = Plan;                                                ///< for nn::token_attention
    static constexpr bool backward_reads_output = !Plan::has_values;  // then y is the attention's own output

    static constexpr std::size_t cache_elements(std::size_t n) {
      return Projections::attention_at(n) + detail::aligned(2 * Options.heads * L * n);
    }
    static constexpr std::size_t gradient_elements(std::size_t n) {
      return Projections::gradient_elements(n) + Plan::reads_tokens * L * D * n;
    }

    static constexpr std::size_t prediction_elements() { return cache_elements(1); }
    static constexpr std::uint64_t flop() {
      return Projections::flop() + (4 * D + 6 * Options.heads) * (Options.causal ? L * (L + 1) / 2 : L * L);
    }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("self_attention")
                          .add(detail::name_of(Options.form))
                          .add("heads", Options.heads)
                          .add_if(Options.causal, "causal")
                          .add_if(Options.bias, "bias")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      using S = typename P::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const Memory<S> memory(pass.training() ? pass.cache() : frame.template take<S>(cache_elements(n)), n);
      // [q k v] = x Wᵀ + b
      Projections::forward(pass, detail::as_tokens(x), tokens<width, P>(memory.projected, n));
      // m_i = Σ_j softmax_j(q_i·k_j / √d) v_j
      S* const m = Plan::has_values ? memory.result : y.data();
      const auto in = Plan::template arrays<const S>(memory.projected, x.data());
      Attention<P>::template forward<S>(pass.workspace(), Plan::geometry, n, in.q, in.k, in.v, pass.lengths(), {m, D},
                                        memory.statistics);
      // y = m W_Oᵀ + b
      if constexpr (Plan::has_values) Projections::forward_output(pass, tokens<D, P>(m, n), detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using P = decltype(pass);
      using S = typename P::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const Memory<S> memory(pass.cache(), n);
      const S *m = y.data(), *dm = dy.data();
      // y = m W_Oᵀ + b
      if constexpr (Plan::has_values) {
        S* const gradient = frame.template take<S>(L * D * n);
        Projections::backward_output(pass, tokens<D, P>(memory.result, n), detail::as_tokens(dy),
                                     tokens<D, P>(gradient, n));
        m = memory.result;
        dm = gradient;
      }
      // m_i = Σ_j softmax_j(q_i·k_j / √d) v_j; an array that is both q and k, or both k and v, gets both gradients
      S* const dprojected = frame.template take<S>(width * L * n);
      S* const dtokens = Plan::reads_tokens ? frame.template take<S>(L * D * n) : nullptr;
      const auto in = Plan::template arrays<const S>(memory.projected, x.data());
      const auto gradients = Plan::template arrays<S>(dprojected, dtokens);
      Attention<P>::template backward<S>(pass.workspace(), Plan::geometry, n, in.q, in.k, in.v, pass.lengths(), {m, D},
                                         memory.statistics, {dm, D}, gradients.q, gradients.k, gradients.v);
      // [q k v] = x Wᵀ + b
      Projections::backward(pass, detail::as_tokens(x), tokens<width, P>(dprojected, n), detail::as_tokens(dx));
      if constexpr (Plan::reads_tokens)
        if (dx)
          kernels::Add<typename P::device>::forward(pass.workspace(), as_input<P>(dx.data(), n),
                                                    as_input<P>(dtokens, n), dx);
    }

   private:
    template <class P>
    using Attention = kernels::DotProductAttention<typename P::device>;

    /// What forward leaves for backward.
    template <class S>
    struct Memory {
      Memory(S* start, std::size_t n)
          : projected(start), result(start + Projections::result_at(n)),
            statistics(start + Projections::attention_at(n)) {}
      S *projected, *result, *statistics;  // [N, L, width], [N, L, D], [N, heads, 2, L]
    };

    /// [N·L, Features]
    template <std::size_t Features, class P>
    static auto tokens(typename P::scalar* data, std::size_t n) {
      return BatchView<Shape<Features>, typename P::scalar, typename P::device>(data, n * L);
    }
    template <class P>
    static auto as_input(const typename P::scalar* data, std::size_t n) {
      return BatchView<In, const typename P::scalar, typename P::device>(data, n);
    }

    // Last: after a failed assertion, compilers skip the rest of a class.
    static_assert(Plan::rank == 2, "odot::nn::SelfAttention: input must be rank 2, [tokens, features]");
    static_assert(Plan::rank != 2 || D % Plan::heads == 0,
                  "odot::nn::SelfAttention: features must be a multiple of the heads");
  };

  static_assert(Options.heads > 0, "odot::nn::SelfAttention: at least one head");
  static_assert(Options.heads <= 1 || !detail::one_head_only(Options.form),
                "odot::nn::SelfAttention: one matrix in place of W_Q W_K^T makes one head; set heads to 1");
};

}  // namespace odot::nn
