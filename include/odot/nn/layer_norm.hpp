#pragma once
// SPDX-License-Identifier: MIT
// LayerNorm.

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/kernels/layer_norm.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< scale and shift by learned weight and bias
};

/// Layer normalisation over the features of a sample or of every token: y = γ (x − μ)/√(σ² + eps) + β.
/// Shapes  x [N, D] or [N, L, D], weight γ and bias β [D] → y as x
/// Grad    g = γ dy: dx = (g − mean(g) − x̂ mean(g x̂))/√(σ² + eps) (overwritten);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Errors  compile time: input of a rank other than 1 and 2
/// Memory  two numbers a token, in training
/// Source  Ba, Kiros, Hinton, 2016; same convention as torch.nn.LayerNorm(D)
template <LayerNormOptions Options = LayerNormOptions{}>
struct LayerNorm {
  template <ShapeType In>
  struct bind : Layer<In, In,
                      std::conditional_t<Options.affine,
                                         Parameters<Parameter<"weight", Shape<detail::features<In>()>, Init::one>,
                                                    Parameter<"bias", Shape<detail::features<In>()>, Init::zero>>,
                                         Parameters<>>> {
    static_assert(detail::has_features<In>,
                  "odot::nn::LayerNorm: input must be rank 1 or 2, [features] or [tokens, features]");
    static constexpr std::size_t features = detail::features<In>(), tokens = detail::tokens<In>;
    static constexpr bool token_wise = detail::is_sequence<In>;
    static constexpr std::size_t cache_elements(std::size_t n) { return 2 * tokens * n; }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      parts.push_back(LayerWords("layer_norm")
                          .add("eps", number_text::shortest(Options.eps))
                          .add_if(!Options.affine, "not affine")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      TensorView<Shape<features>, const typename P::scalar, typename P::device> scale, shift;
      if constexpr (Options.affine) {
        scale.rebind(pass.parameter(weight));
        shift.rebind(pass.parameter(bias));
      }
      kernels::LayerNorm<typename P::device>::forward(pass.workspace(), Options.eps, detail::as_tokens(x), scale, shift,
                                                      statistics<typename P::scalar>(pass, x.samples()),
                                                      detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      using S = typename P::scalar;
      TensorView<Shape<features>, const S, typename P::device> scale;
      TensorView<Shape<features>, S, typename P::device> dscale, dshift;
      if constexpr (Options.affine) {
        scale.rebind(pass.parameter(weight));
        dscale.rebind(pass.gradient(weight));
        dshift.rebind(pass.gradient(bias));
      }
      kernels::LayerNorm<typename P::device>::backward(pass.workspace(), detail::as_tokens(x), scale,
                                                       statistics<const S>(pass, x.samples()), detail::as_tokens(dy),
                                                       dscale, dshift, detail::as_tokens(dx));
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
