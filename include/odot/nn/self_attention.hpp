#pragma once
// SPDX-License-Identifier: MIT
// SelfAttention: dot-product self-attention, in full and with fewer matrices.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/kernels/add.hpp"
#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/linear/contract.hpp"
#include "odot/kernels/triangle.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/self_attention_plan.hpp"

namespace odot::nn {

/// Self-attention: with a_ij = softmax over j of the similarity of tokens i and j divided by √d,
///     y_i = Σ_j a_ij x_j W_V W_O        (heads of width d = D/heads side by side between W_V and W_O)
/// Shapes  x [N, L, D] → y [N, L, D]
/// Params  full: q.weight, k.weight, v.weight, out.weight [D, D]. These are torch.nn.MultiheadAttention's, whose
///         in_proj_weight is q, k and v one below the other and whose out_proj is out. Other forms: AttentionForm.
///         `bias` adds q.bias, … (in_proj_bias) and out.bias (out_proj.bias), each [D]
/// Lengths padding is ignored as keys; there, y is 0 (with `bias`: out.bias) and dx is 0
/// Grad    dx overwritten, the parameters' added
/// Errors  compile time: input of a rank other than 2; heads that do not divide the features; more than one head where
///         one matrix stands for W_Q W_Kᵀ
/// Cost    full: 8·L·D² + 4·L²·D FLOP a sample forward, 16·L·D² + 10·L²·D backward. No L×L matrix is kept
/// Source  Vaswani et al., "Attention is all you need", 2017; the other forms: Bermeitinger et al., "Reducing the
///         Transformer architecture to a minimum", 2024
template <SelfAttentionOptions Options = SelfAttentionOptions{}>
struct SelfAttention {
  template <ShapeType In>
  struct bind : Layer<In, In, typename detail::SelfAttentionPlan<In, Options>::parameters> {
   private:
    using Plan = detail::SelfAttentionPlan<In, Options>;
    static constexpr std::size_t L = Plan::tokens, D = Plan::features, projected = Plan::projections * D;

   public:
    static constexpr bool backward_reads_output = !Plan::has_values;  // then y is the attention's own output

    static constexpr std::size_t cache_elements(std::size_t n) { return Memory<float>::elements(n); }
    static constexpr std::size_t gradient_elements(std::size_t n) {
      return (Plan::projections + Plan::has_values + Plan::reads_tokens) * L * D * n;
    }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
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
      Linear<P>::forward(pass.workspace(), tokens<D, P>(x.data(), n), projection_weight(pass, frame),
                         projection_bias<P>(pass.blocks().parameters), tokens<projected, P>(memory.projections, n));
      // m_i = Σ_j softmax_j(q_i·k_j / √d) v_j
      S* mixed = Plan::has_values ? memory.mixed : y.data();
      const auto in = Plan::template arrays<const S>(memory.projections, x.data());
      Attention<P>::template forward<S>(pass.workspace(), Plan::geometry, n, in.q, in.k, in.v, pass.lengths(),
                                        {mixed, D}, memory.statistics);
      // y = m W_Oᵀ + b
      if constexpr (Plan::has_values)
        Linear<P>::forward(pass.workspace(), tokens<D, P>(constant(mixed), n), pass.parameter(out_weight),
                           output_bias(pass), tokens<D, P>(y.data(), n));
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using P = decltype(pass);
      using S = typename P::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const Memory<S> memory(pass.cache(), n);
      const S *mixed = y.data(), *dmixed = dy.data();
      // y = m W_Oᵀ + b
      if constexpr (Plan::has_values) {
        S* gradient = frame.template take<S>(L * D * n);
        Linear<P>::backward(pass.workspace(), tokens<D, P>(constant(memory.mixed), n), pass.parameter(out_weight),
                            tokens<D, P>(dy.data(), n), pass.gradient(out_weight), output_bias_gradient(pass),
                            tokens<D, P>(gradient, n));
        mixed = memory.mixed;
        dmixed = gradient;
      }
      // m_i = Σ_j softmax_j(q_i·k_j / √d) v_j; what is both q and k, or both k and v, receives both gradients
      S* dprojections = frame.template take<S>(projected * L * n);
      S* dtokens = Plan::reads_tokens ? frame.template take<S>(L * D * n) : nullptr;
      const auto in = Plan::template arrays<const S>(memory.projections, x.data());
      const auto gradients = Plan::template arrays<S>(dprojections, dtokens);
      Attention<P>::template backward<S>(pass.workspace(), Plan::geometry, n, in.q, in.k, in.v, pass.lengths(),
                                         {mixed, D}, memory.statistics, {dmixed, D}, gradients.q, gradients.k,
                                         gradients.v);
      // [q k v] = x Wᵀ + b
      project_backward(pass, frame, x, dprojections, dx);
      if constexpr (Plan::reads_tokens)
        if (dx) Add<P>::forward(pass.workspace(), as_input<P>(dx.data(), n), as_input<P>(dtokens, n), dx);
    }

   private:
    template <class P>
    using Linear = kernels::Linear<typename P::device>;
    template <class P>
    using Attention = kernels::DotProductAttention<typename P::device>;
    template <class P>
    using Add = kernels::Add<typename P::device>;
    template <class P>
    using Triangle = kernels::Triangle<typename P::device>;

    static constexpr Name<"out.weight"> out_weight{};
    static constexpr Name<"out.bias"> out_bias{};
    static constexpr Name<"qk.triangle"> triangle{};
    static constexpr Name<"v.weight"> value_weight{};

    /// What forward leaves for backward.
    template <class S>
    struct Memory {
      Memory(S* start, std::size_t n)
          : projections(start), mixed(start + detail::aligned(projected * L * n)),
            statistics(mixed + (Plan::has_values ? detail::aligned(L * D * n) : 0)) {}
      static constexpr std::size_t elements(std::size_t n) {
        return detail::aligned(projected * L * n) + (Plan::has_values ? detail::aligned(L * D * n) : 0) +
               detail::aligned(2 * Options.heads * L * n);
      }
      S *projections, *mixed, *statistics;  // [N, L, projected], [N, L, D], [N, heads, 2, L]
    };

    template <class S>
    static const S* constant(S* data) {
      return data;
    }
    /// [N·L, Features]
    template <std::size_t Features, class P, class S>
    static auto tokens(S* data, std::size_t n) {
      return BatchView<Shape<Features>, S, typename P::device>(data, data ? n * L : 0);
    }
    template <class P>
    static auto as_input(const typename P::scalar* data, std::size_t n) {
      return BatchView<In, const typename P::scalar, typename P::device>(data, n);
    }

    /// The weights of all projections as one [projected, D]; a triangle's in memory of the frame.
    template <class P>
    static auto projection_weight(const P& pass, auto& frame) {
      using S = typename P::scalar;
      using View = TensorView<Shape<projected, D>, const S, typename P::device>;
      if constexpr (Plan::triangle) {
        S* dense = frame.template take<S>(projected * D);
        Triangle<P>::unpack(pass.workspace(), pass.parameter(triangle),
                            TensorView<Shape<D, D>, S, typename P::device>(dense));
        if constexpr (Plan::has_values)
          Add<P>::copy(pass.workspace(), matrix<P>(pass.parameter(value_weight).data()), matrix<P>(dense + D * D));
        return View(dense);
      } else {
        return View(pass.blocks().parameters);  // they lie first, one after the other
      }
    }

    /// dx, and the gradients of the projections' weights and biases, from the gradient of the projections.
    template <class P>
    static void project_backward(const P& pass, auto& frame, auto x, const typename P::scalar* dprojections, auto dx) {
      using S = typename P::scalar;
      using Gradient = TensorView<Shape<projected, D>, S, typename P::device>;
      const auto backward_into = [&](S* dweight) {
        Linear<P>::backward(pass.workspace(), tokens<D, P>(x.data(), x.samples()), projection_weight(pass, frame),
                            tokens<projected, P>(dprojections, x.samples()), Gradient(dweight),
                            projection_bias<P>(pass.blocks().gradients), tokens<D, P>(dx.data(), x.samples()));
      };
      if constexpr (Plan::triangle) {
        S* dense = frame.template take<S>(projected * D);
        P::device::zero(dense, projected * D * sizeof(S));
        backward_into(dense);
        Triangle<P>::backward(pass.workspace(), TensorView<Shape<D, D>, const S, typename P::device>(dense),
                              pass.gradient(triangle));
        if constexpr (Plan::has_values) {
          const auto sum = matrix<P>(pass.gradient(value_weight).data());
          Add<P>::forward(pass.workspace(), matrix<P>(constant(sum.data())), matrix<P>(constant(dense + D * D)), sum);
        }
      } else {
        backward_into(pass.blocks().gradients);
      }
    }

    /// Biases of all projections in a block of parameters or gradients, behind the weights; empty without.
    template <class P, class S>
    static auto projection_bias(S* block) {
      return TensorView<Shape<projected>, S, typename P::device>(Options.bias ? block + Plan::weights::size : nullptr);
    }
    template <class P>
    static auto output_bias(const P& pass) {
      TensorView<Shape<D>, const typename P::scalar, typename P::device> b;
      if constexpr (Options.bias) b.rebind(pass.parameter(out_bias));
      return b;
    }
    template <class P>
    static auto output_bias_gradient(const P& pass) {
      TensorView<Shape<D>, typename P::scalar, typename P::device> b;
      if constexpr (Options.bias) b.rebind(pass.gradient(out_bias));
      return b;
    }
    /// D·D weights as a batch of one, for sums and copies.
    template <class P, class S>
    static auto matrix(S* data) {
      return BatchView<Shape<D * D>, S, typename P::device>(data, 1);
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
