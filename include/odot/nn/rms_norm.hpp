#pragma once
// SPDX-License-Identifier: MIT
// RMSNorm.

#include <cstddef>
#include <cstdint>
#include <limits>

#include "odot/core/number_text.hpp"
#include "odot/kernels/rms_norm.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

struct RMSNormOptions {
  double eps = 0;                  ///< added to the mean square; 0: the scalar's epsilon, as PyTorch's None
  bool elementwise_affine = true;  ///< scale by a learned weight
};

/// Divides the features of a sample, or of every token, by their root mean square: y = γ x/√(mean(x²) + eps).
/// Shapes  x [N, D] or [N, L, D], weight γ [D] → y as x
/// Grad    g = γ dy: dx = (g − x̂ mean(g x̂))/√(mean(x²) + eps) (overwritten);  dγ += Σ dy x̂ (added)
/// Errors  compile time: input of a rank other than 1 and 2
/// Memory  in training, one number per token
/// Source  Zhang, Sennrich, 2019; same convention as torch.nn.RMSNorm(D)
template <RMSNormOptions Options = RMSNormOptions{}>
struct RMSNorm {
  template <ShapeType In>
  struct bind
      : Layer<In, In,
              Parameters<
                  OptionalParameter<Options.elementwise_affine, "weight", Shape<detail::features<In>()>, Init::one>>> {
    static_assert(detail::has_features<In>,
                  "odot::nn::RMSNorm: input must be rank 1 or 2, [features] or [tokens, features]");
    static constexpr std::size_t tokens = detail::tokens<In>;
    static constexpr bool token_wise = detail::is_sequence<In>;
    static constexpr std::size_t cache_elements(std::size_t n) { return tokens * n; }

    static constexpr std::uint64_t flop() { return (Options.elementwise_affine ? 4 : 3) * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      LayerWords words("rms_norm");
      if (Options.eps > 0) words.add("eps", number_text::shortest(Options.eps));
      parts.push_back(words.add_if(!Options.elementwise_affine, "not affine").text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      constexpr double least = static_cast<double>(std::numeric_limits<typename P::scalar>::epsilon());
      kernels::RMSNorm<typename P::device>::forward(
          pass.workspace(), Options.eps > 0 ? Options.eps : least, detail::as_tokens(x),
          pass.parameter_or_empty(weight), scales<typename P::scalar>(pass, x.samples()), detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      kernels::RMSNorm<typename P::device>::backward(
          pass.workspace(), detail::as_tokens(x), pass.parameter_or_empty(weight),
          scales<const typename P::scalar>(pass, x.samples()), detail::as_tokens(dy), pass.gradient_or_empty(weight),
          detail::as_tokens(dx));
    }

   private:
    /// The factor of every token; empty in predict.
    template <class S, class P>
    static auto scales(const P& pass, std::size_t n) {
      return BatchView<Shape<1>, S, typename P::device>(pass.cache(), n * tokens);
    }
  };
};

}  // namespace odot::nn
