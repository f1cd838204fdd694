#pragma once
// SPDX-License-Identifier: MIT
// LayerNorm.

#include <cstddef>
#include <cstdint>

#include "odot/core/number_text.hpp"
#include "odot/kernels/layer_norm.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

struct LayerNormOptions {
  double eps = 1e-5;               ///< added to the variance
  bool elementwise_affine = true;  ///< scale and shift by learned weight and bias
};

/// Layer normalisation over the features of a sample or of every token: y = γ (x − μ)/√(σ² + eps) + β.
/// Shapes  x [N, D] or [N, L, D], weight γ and bias β [D] → y as x
/// Grad    g = γ dy: dx = (g − mean(g) − x̂ mean(g x̂))/√(σ² + eps) (overwritten);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Errors  compile time: input of a rank other than 1 and 2
/// Memory  in training, two numbers per token
/// Source  Ba, Kiros, Hinton, 2016; same convention as torch.nn.LayerNorm(D)
template <LayerNormOptions Options = LayerNormOptions{}>
struct LayerNorm {
  template <ShapeType In>
  struct bind
      : Layer<In, In,
              Parameters<
                  OptionalParameter<Options.elementwise_affine, "weight", Shape<detail::features<In>()>, Init::one>,
                  OptionalParameter<Options.elementwise_affine, "bias", Shape<detail::features<In>()>, Init::zero>>> {
    static_assert(detail::has_features<In>,
                  "odot::nn::LayerNorm: input must be rank 1 or 2, [features] or [tokens, features]");
    static constexpr std::size_t features = detail::features<In>(), tokens = detail::tokens<In>;
    static constexpr bool token_wise = detail::is_sequence<In>;
    static constexpr std::size_t cache_elements(std::size_t n) { return 2 * tokens * n; }

    static constexpr std::uint64_t flop() { return (Options.elementwise_affine ? 7 : 5) * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("layer_norm")
                          .add("eps", number_text::shortest(Options.eps))
                          .add_if(!Options.elementwise_affine, "not affine")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      kernels::LayerNorm<typename P::device>::forward(
          pass.workspace(), Options.eps, detail::as_tokens(x), pass.parameter_or_empty(weight),
          pass.parameter_or_empty(bias), statistics<typename P::scalar>(pass, x.samples()), detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      kernels::LayerNorm<typename P::device>::backward(
          pass.workspace(), detail::as_tokens(x), pass.parameter_or_empty(weight),
          statistics<const typename P::scalar>(pass, x.samples()), detail::as_tokens(dy),
          pass.gradient_or_empty(weight), pass.gradient_or_empty(bias), detail::as_tokens(dx));
    }

   private:
    /// Mean and 1/σ of every token; empty in predict.
    template <class S, class P>
    static auto statistics(const P& pass, std::size_t n) {
      return BatchView<Shape<2>, S, typename P::device>(pass.cache(), n * tokens);
    }
  };

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(Options.eps >= 0, "odot::nn::LayerNorm: eps must be at least 0");
};

}  // namespace odot::nn
