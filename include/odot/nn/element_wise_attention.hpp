#pragma once
// SPDX-License-Identifier: MIT
// ElementWiseAttention: attention over the tokens of a sequence, each channel by itself.

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/linear/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// The order that stands for the exponential itself, without a series.
inline constexpr std::size_t full_order = 0;

struct ElementWiseAttentionOptions {
  std::size_t order = 6;  ///< of the series: 2, 4, 6, …; or full_order
  bool causal = false;    ///< token i attends to tokens 0 … i only
  bool bias = true;       ///< of the projections
  bool output = true;     ///< project the result once more
};

namespace detail {

template <ElementWiseAttentionOptions Options>
inline constexpr bool even_order = Options.order % 2 == 0;

/// What both layers below share: the form, its cache, its rules.
template <ElementWiseAttentionOptions Options>
struct ElementWiseMixing {
  static constexpr kernels::ElementWiseForm form{.order = Options.order, .causal = Options.causal};
  static constexpr bool has_step = form.is_recurrent();

  template <std::size_t D>
  static constexpr std::size_t state_elements = has_step ? form.state() * D : 0;

  template <std::size_t L, std::size_t D>
  static constexpr std::size_t cache_elements(std::size_t n) {
    return kernels::element_wise_attention_cache(form, n, L, D);
  }

  /// y of the queries, keys and values; in training, `cache` is filled.
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
/// Grad    dx (overwritten; 0 at padding); equations in kernels/element_wise_attention/element_wise_attention.hpp
/// Step    causal series: a state of D·(6·(order + 1) + 3) numbers a sequence
/// Errors  compile time: an odd order; input of a rank other than 2; features not a multiple of 3
/// Source  Feng, "Element-wise Attention Is All You Need", 2025
/// Options: order and causal; the others belong to the projections.
template <ElementWiseAttentionOptions Options = ElementWiseAttentionOptions{}>
struct UnprojectedElementWiseAttention {
  template <ShapeType In>
  struct bind : Layer<In, Shape<detail::tokens<In>, (detail::features<In>() + 2) / 3>> {
    static_assert(
        detail::even_order<Options>,
        "odot::nn::UnprojectedElementWiseAttention: the order must be even, since an odd truncation of exp is not "
        "positive");
    static_assert(detail::is_sequence<In> && detail::features<In>() % 3 == 0,
                  "odot::nn::UnprojectedElementWiseAttention: input must be rank 2, [tokens, 3 * features]: queries, "
                  "keys and values");
    using Mixing = detail::ElementWiseMixing<Options>;
    static constexpr std::size_t channels = (detail::features<In>() + 2) / 3;
    static constexpr bool backward_reads_output = true;
    static constexpr bool has_step = Mixing::has_step;
    static constexpr std::size_t state_elements = Mixing::template state_elements<channels>;
    static constexpr std::size_t cache_elements(std::size_t n) {
      return Mixing::template cache_elements<detail::tokens<In>, channels>(n);
    }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
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
/// Grad    dx overwritten (0 through the attention at padding), the parameters' added
/// Step    causal series: a state of D·(6·(order + 1) + 3) numbers a sequence, whatever its length
/// Errors  compile time: an odd order; input of a rank other than 2
/// Cost    8·N·L·D² FLOP for the projections; the attention's in docs/layers.md
/// Memory  4·L·D numbers a sample for backward, and the kernel's cache: D·(2·order + 4) in all, or every 32nd token if
///         causal; 2·L·D if full
/// Source  Feng, "Element-wise Attention Is All You Need", 2025; projections as in torch.nn.MultiheadAttention
template <ElementWiseAttentionOptions Options = ElementWiseAttentionOptions{}>
struct ElementWiseAttention {
 private:
  template <ShapeType In>
  struct List {
    static constexpr std::size_t D = detail::features<In>();
    using Square = Shape<D, D>;
    // Weights of q, k and v in a row are one [3·D, D] weight: one product for all three.
    using projections =
        Parameters<Parameter<"q.weight", Square>, Parameter<"k.weight", Square>, Parameter<"v.weight", Square>>;
    using biases = std::conditional_t<
        Options.bias,
        Parameters<Parameter<"q.bias", Shape<D>, Init::zero>, Parameter<"k.bias", Shape<D>, Init::zero>,
                   Parameter<"v.bias", Shape<D>, Init::zero>>,
        Parameters<>>;
    using out_weight = std::conditional_t<Options.output, Parameters<Parameter<"out.weight", Square>>, Parameters<>>;
    using out_bias = std::conditional_t<Options.output && Options.bias,
                                        Parameters<Parameter<"out.bias", Shape<D>, Init::zero>>, Parameters<>>;
    using type = decltype(projections{} + biases{} + out_weight{} + out_bias{});
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, In, typename List<In>::type> {
    static_assert(detail::even_order<Options>,
                  "odot::nn::ElementWiseAttention: the order must be even, since an odd truncation of exp is not "
                  "positive");
    static_assert(detail::is_sequence<In>, "odot::nn::ElementWiseAttention: input must be rank 2, [tokens, features]");
    using Mixing = detail::ElementWiseMixing<Options>;
    static constexpr std::size_t L = detail::tokens<In>, D = detail::features<In>();
    static constexpr bool backward_reads_output = !Options.output;
    static constexpr bool has_step = Mixing::has_step;
    static constexpr std::size_t state_elements = Mixing::template state_elements<D>;
    static constexpr std::size_t cache_elements(std::size_t n) {
      return mixed_at(n) + (Options.output ? detail::aligned(n * L * D) : 0) + Mixing::template cache_elements<L, D>(n);
    }
    static constexpr std::size_t gradient_elements(std::size_t n) { return (Options.output ? 4 : 3) * n * L * D; }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      parts.push_back(LayerWords("element_wise_attention")
                          .add(Options.order == full_order ? "full" : "order " + std::to_string(Options.order))
                          .add_if(Options.causal, "causal")
                          .add_if(!Options.bias, "no bias")
                          .add_if(!Options.output, "no output projection")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using Scalar = typename decltype(y)::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      Scalar* const memory = pass.training() ? pass.cache() : frame.template take<Scalar>(kernel_cache_at(n));
      const auto qkv = view<Shape<L, 3 * D>>(y, memory);
      project_in(pass, x, qkv);
      const auto mixed = Options.output ? view<In>(y, memory + mixed_at(n)) : y;
      Mixing::forward(pass, constant(qkv), memory + kernel_cache_at(n), mixed);
      project_out(pass, mixed, y);
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using P = decltype(pass);
      using Scalar = typename P::scalar;
      using Linear = kernels::Linear<typename P::device>;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const Scalar* const memory = pass.cache();
      auto mixed = y, dmixed = dy;
      // y = mixed Woᵀ + bo
      if constexpr (Options.output) {
        mixed.rebind(view<In>(y, memory + mixed_at(n)));
        const auto gradient = view<In>(dx, frame.template take<Scalar>(n * L * D), n);
        Linear::backward(pass.workspace(), detail::as_tokens(mixed), pass.parameter(Name<"out.weight">{}),
                         detail::as_tokens(dy), pass.gradient(Name<"out.weight">{}), bias_gradient<"out.bias", D>(pass),
                         detail::as_tokens(gradient));
        dmixed.rebind(gradient);
      }
      // mixed = attention(q, k, v)
      const auto qkv = view<Shape<L, 3 * D>>(y, memory);
      const auto dqkv = view<Shape<L, 3 * D>>(dx, frame.template take<Scalar>(n * L * 3 * D), n);
      Mixing::backward(pass, qkv, memory + kernel_cache_at(n), mixed, dmixed, dqkv);
      // q = x Wqᵀ + bq, k = x Wkᵀ + bk, v = x Wvᵀ + bv
      Linear::backward(pass.workspace(), detail::as_tokens(x), joined<Shape<3 * D, D>>(pass.parameter(q_weight)),
                       detail::as_tokens(constant(dqkv)), joined<Shape<3 * D, D>>(pass.gradient(q_weight)),
                       bias_gradient<"q.bias", 3 * D>(pass), detail::as_tokens(dx));
    }

    static void step(auto pass, auto x, auto y, auto* state) {
      using Scalar = typename decltype(y)::scalar;
      auto frame = pass.workspace().frame();
      const std::size_t n = x.samples();
      const auto qkv = view<Shape<1, 3 * D>>(y, frame.template take<Scalar>(n * 3 * D));
      project_in(pass, x, qkv);
      const auto mixed = Options.output ? view<Shape<1, D>>(y, frame.template take<Scalar>(n * D)) : y;
      Mixing::step(pass, detail::as_tokens(constant(qkv)), state, detail::as_tokens(mixed));
      project_out(pass, mixed, y);
    }

   private:
    static constexpr Name<"q.weight"> q_weight{};

    // The cache: q, k, v; the attention's output; what the kernel keeps.
    static constexpr std::size_t mixed_at(std::size_t n) { return detail::aligned(n * L * 3 * D); }
    static constexpr std::size_t kernel_cache_at(std::size_t n) {
      return mixed_at(n) + (Options.output ? detail::aligned(n * L * D) : 0);
    }

    /// Memory as a batch of as many samples, on the same device, as `like`.
    template <ShapeType S, class V, class Scalar>
    static auto view(V like, Scalar* memory) {
      return BatchView<S, Scalar, typename V::device>(memory, like.samples());
    }
    template <ShapeType S, class V, class Scalar>
    static auto view(V, Scalar* memory, std::size_t n) {
      return BatchView<S, Scalar, typename V::device>(memory, n);
    }
    template <ShapeType S, class Scalar, class Device>
    static BatchView<S, const Scalar, Device> constant(BatchView<S, Scalar, Device> view) {
      return view;
    }

    /// The first of several arrays in a row as one.
    template <ShapeType S, ShapeType First, class Scalar, class Device>
    static auto joined(TensorView<First, Scalar, Device> first) {
      return TensorView<S, Scalar, Device>(first.data());
    }
    template <FixedString Text, std::size_t Size, class P>
    static auto bias_of(const P& pass) {
      using V = TensorView<Shape<Size>, const typename P::scalar, typename P::device>;
      if constexpr (Options.bias) return V(pass.parameter(Name<Text>{}).data());
      else return V();
    }
    template <FixedString Text, std::size_t Size, class P>
    static auto bias_gradient(const P& pass) {
      using V = TensorView<Shape<Size>, typename P::scalar, typename P::device>;
      if constexpr (Options.bias) return V(pass.gradient(Name<Text>{}).data());
      else return V();
    }

    static void project_in(auto pass, auto x, auto qkv) {
      kernels::Linear<typename decltype(pass)::device>::forward(pass.workspace(), detail::as_tokens(x),
                                                                joined<Shape<3 * D, D>>(pass.parameter(q_weight)),
                                                                bias_of<"q.bias", 3 * D>(pass), detail::as_tokens(qkv));
    }
    static void project_out([[maybe_unused]] auto pass, [[maybe_unused]] auto mixed, [[maybe_unused]] auto y) {
      if constexpr (Options.output)
        kernels::Linear<typename decltype(pass)::device>::forward(pass.workspace(), detail::as_tokens(constant(mixed)),
                                                                  pass.parameter(Name<"out.weight">{}),
                                                                  bias_of<"out.bias", D>(pass), detail::as_tokens(y));
    }
  };
};

}  // namespace odot::nn
