#pragma once
// SPDX-License-Identifier: MIT
// ElementWiseAttention: attention over the tokens of a sequence, each channel by itself.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/projections.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// As `order`: the exponential itself instead of a series.
inline constexpr std::size_t full_order = 0;

struct UnprojectedElementWiseAttentionOptions {
  std::size_t order = 6;  ///< of the series: 2, 4, 6, …; or full_order
  bool causal = false;    ///< token i attends to tokens 0 … i only
};

struct ElementWiseAttentionOptions {
  std::size_t order = 6;  ///< of the series: 2, 4, 6, …; or full_order
  bool causal = false;    ///< token i attends to tokens 0 … i only
  bool bias = true;       ///< of the projections
  bool output = true;     ///< project the result
};

namespace detail {

template <std::size_t Order>
inline constexpr bool even_order = Order % 2 == 0;

/// What both layers below share: the form, its cache, and the calls of its kernels.
template <std::size_t Order, bool Causal>
struct ElementWiseMixing {
  static constexpr kernels::ElementWiseForm form{.order = Order, .causal = Causal};
  static constexpr bool has_step = form.is_recurrent();

  template <std::size_t D>
  static constexpr std::size_t state_elements = has_step ? form.state() * D : 0;

  template <std::size_t L, std::size_t D>
  static constexpr std::size_t cache_elements(std::size_t n) {
    return kernels::element_wise_attention_cache(form, n, L, D);
  }

  /// Per sample. Series: for each term of a token and channel, a multiply-add for A_n, B_n, the numerator and the
  /// denominator; k², its exponential, its product with v, the division. Full: 6 per pair, and the division.
  static constexpr std::uint64_t flop(std::size_t tokens, std::size_t channels) {
    const std::size_t pairs = Causal ? tokens * (tokens + 1) / 2 : tokens * tokens;
    return channels * (form.is_series() ? tokens * (8 * (Order + 1) + 4) : 6 * pairs + tokens);
  }

  /// Computes y from queries, keys and values; in training, fills `cache`.
  static void forward(auto pass, auto qkv, auto* cache, auto y) {
    using K = kernels::ElementWiseAttention<typename decltype(pass)::device>;
    if (pass.training()) K::template forward_training<form>(pass.workspace(), qkv, pass.lengths(), cache, y);
    else K::template forward_evaluation<form>(pass.workspace(), qkv, pass.lengths(), y);
  }
  static void backward(auto pass, auto qkv, const auto* cache, auto y, auto dy, auto dqkv) {
    using K = kernels::ElementWiseAttention<typename decltype(pass)::device>;
    K::template backward<form>(pass.workspace(), qkv, pass.lengths(), cache, y, dy, dqkv);
  }
  static void step(auto pass, auto qkv, auto* state, auto y) {
    using K = kernels::ElementWiseAttention<typename decltype(pass)::device>;
    using Y = decltype(y);
    const BatchView<Shape<form.state(), Y::shape::size>, typename Y::scalar, typename Y::device> sums(state,
                                                                                                      y.samples());
    K::template step<form>(pass.workspace(), qkv, sums, y);
  }
};

}  // namespace detail

/// Element-wise attention over queries, keys and values that lie side by side in each token.
/// Shapes  x [N, L, 3·D] → y [N, L, D]; y is 0 at padding
/// Grad    dx (overwritten; 0 at padding); equations in kernels/element_wise_attention/contract.hpp
/// Step    causal series: a state of D·(6·(order + 1) + 3) numbers per sequence
/// Errors  compile time: an odd order; input of a rank other than 2; features not a multiple of 3
/// Source  Feng, "Element-wise Attention Is All You Need", 2025
template <UnprojectedElementWiseAttentionOptions Options = UnprojectedElementWiseAttentionOptions{}>
struct UnprojectedElementWiseAttention {
  template <ShapeType In>
  struct bind : Layer<In, Shape<detail::tokens<In>, (detail::features<In>() + 2) / 3>> {
    static_assert(
        detail::even_order<Options.order>,
        "odot::nn::UnprojectedElementWiseAttention: the order must be even, since an odd truncation of exp is not "
        "positive");
    static_assert(detail::is_sequence<In> && detail::features<In>() % 3 == 0,
                  "odot::nn::UnprojectedElementWiseAttention: input must be rank 2, [tokens, 3 * features]: queries, "
                  "keys and values");
    using Mixing = detail::ElementWiseMixing<Options.order, Options.causal>;
    static constexpr std::size_t channels = (detail::features<In>() + 2) / 3;
    static constexpr bool backward_reads_output = true;
    static constexpr bool has_step = Mixing::has_step;
    static constexpr std::size_t state_elements = Mixing::template state_elements<channels>;
    static constexpr std::size_t cache_elements(std::size_t n) {
      return Mixing::template cache_elements<detail::tokens<In>, channels>(n);
    }

    static constexpr std::uint64_t flop() { return Mixing::flop(detail::tokens<In>, channels); }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("unprojected_element_wise_attention")
                          .add(Options.order == full_order ? "full" : "order " + std::to_string(Options.order))
                          .add_if(Options.causal, "causal")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) { Mixing::forward(pass, x, pass.cache(), y); }
    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      Mixing::backward(pass, x, pass.cache(), y, dy, dx);
    }
    static void step(auto pass, auto x, auto y, auto* state) {
      Mixing::step(pass, detail::as_tokens(x), state, detail::as_tokens(y));
    }
  };
};

/// Element-wise attention with its projections: q, k, v = x Wqᵀ + bq, …; y = attention(q, k, v) Woᵀ + bo. Per channel,
/// no heads, no scaling.
/// Shapes  x [N, L, D] → y [N, L, D]; y at padding is the output projection's bias
/// Params  q.weight, k.weight, v.weight [D, D], q.bias, k.bias, v.bias [D], out.weight [D, D], out.bias [D]
/// Grad    dx overwritten (no part of it comes from the attention at padding); the parameters' gradients added
/// Step    causal series: a state of D·(6·(order + 1) + 3) numbers per sequence, whatever its length
/// Errors  compile time: an odd order; input of a rank other than 2
/// Cost    8·N·L·D² FLOP for the projections; the attention's in docs/layers.md
/// Memory  4·L·D numbers per sample for backward, and the kernel's cache: D·(2·order + 4) per sample, or per 32 tokens
///         if causal; 2·L·D if full
/// Source  Feng, "Element-wise Attention Is All You Need", 2025; projections as in torch.nn.MultiheadAttention
template <ElementWiseAttentionOptions Options = ElementWiseAttentionOptions{}>
struct ElementWiseAttention {
 private:
  template <ShapeType In>
  using Projected = detail::Projections<In, detail::ProjectionForm{.output = Options.output, .bias = Options.bias}>;

 public:
  template <ShapeType In>
  struct bind : Layer<In, In, typename Projected<In>::parameters> {
    static_assert(detail::even_order<Options.order>,
                  "odot::nn::ElementWiseAttention: the order must be even, since an odd truncation of exp is not "
                  "positive");
    static_assert(detail::is_sequence<In>, "odot::nn::ElementWiseAttention: input must be rank 2, [tokens, features]");
    using Projections = Projected<In>;
    using Mixing = detail::ElementWiseMixing<Options.order, Options.causal>;
    static constexpr std::size_t L = detail::tokens<In>, D = detail::features<In>();
    static constexpr bool backward_reads_output = !Options.output;
    static constexpr bool has_step = Mixing::has_step;
    static constexpr std::size_t state_elements = Mixing::template state_elements<D>;
    static constexpr std::size_t cache_elements(std::size_t n) {
      return Projections::attention_at(n) + Mixing::template cache_elements<L, D>(n);
    }
    static constexpr std::size_t gradient_elements(std::size_t n) { return Projections::gradient_elements(n); }

    static constexpr std::size_t prediction_elements() { return Projections::attention_at(1); }
    static constexpr std::uint64_t flop() { return Projections::flop() + Mixing::flop(L, D); }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("element_wise_attention")
                          .add(Options.order == full_order ? "full" : "order " + std::to_string(Options.order))
                          .add_if(Options.causal, "causal")
                          .add_if(!Options.bias, "no bias")
                          .add_if(!Options.output, "no output projection")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using S = typename decltype(pass)::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      S* const memory = pass.training() ? pass.cache() : frame.template take<S>(Projections::attention_at(n));
      const auto qkv = view<Shape<L, 3 * D>>(y, memory);
      Projections::forward(pass, detail::as_tokens(x), detail::as_tokens(qkv));
      const auto mixed = Options.output ? view<In>(y, memory + Projections::result_at(n)) : y;
      Mixing::forward(pass, constant(qkv), memory + Projections::attention_at(n), mixed);
      if constexpr (Options.output) Projections::forward_output(pass, detail::as_tokens(mixed), detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using S = typename decltype(pass)::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const S* const memory = pass.cache();
      auto mixed = y, dmixed = dy;
      // y = mixed Woᵀ + bo
      if constexpr (Options.output) {
        mixed.rebind(view<In>(y, memory + Projections::result_at(n)));
        const auto gradient = view<In>(y, frame.template take<S>(n * L * D));
        Projections::backward_output(pass, detail::as_tokens(mixed), detail::as_tokens(dy),
                                     detail::as_tokens(gradient));
        dmixed.rebind(gradient);
      }
      // mixed = attention(q, k, v)
      const auto qkv = view<Shape<L, 3 * D>>(y, memory);
      const auto dqkv = view<Shape<L, 3 * D>>(y, frame.template take<S>(n * L * 3 * D));
      Mixing::backward(pass, qkv, memory + Projections::attention_at(n), mixed, dmixed, dqkv);
      // q = x Wqᵀ + bq, k = x Wkᵀ + bk, v = x Wvᵀ + bv
      Projections::backward(pass, detail::as_tokens(x), detail::as_tokens(dqkv), detail::as_tokens(dx));
    }

    static void step(auto pass, auto x, auto y, auto* state) {
      using S = typename decltype(pass)::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const auto qkv = view<Shape<1, 3 * D>>(y, frame.template take<S>(n * 3 * D));
      Projections::forward(pass, detail::as_tokens(x), detail::as_tokens(qkv));
      const auto mixed = Options.output ? view<Shape<1, D>>(y, frame.template take<S>(n * D)) : y;
      Mixing::step(pass, detail::as_tokens(constant(qkv)), state, detail::as_tokens(mixed));
      if constexpr (Options.output) Projections::forward_output(pass, detail::as_tokens(mixed), detail::as_tokens(y));
    }

   private:
    /// Memory as a batch with the number of samples of `like`, on the same device.
    template <ShapeType S, class V, class Scalar>
    static auto view(V like, Scalar* memory) {
      return BatchView<S, Scalar, typename V::device>(memory, like.samples());
    }
    template <ShapeType S, class Scalar, class Device>
    static BatchView<S, const Scalar, Device> constant(BatchView<S, Scalar, Device> view) {
      return view;
    }
  };
};

}  // namespace odot::nn
