#pragma once
// SPDX-License-Identifier: MIT
// Linear: the fully connected layer.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/linear/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

struct LinearOptions {
  bool bias = true;
};

/// Fully connected layer: y = x Wᵀ + b; in a sequence, every token by itself.
/// Shapes  x [N, In] or [N, L, In], weight [Out, In], bias [Out] → y [N, Out] or [N, L, Out]
/// Grad    dx = dy W (overwritten);  dW += dyᵀ x,  db += Σ dy (added)
/// Errors  compile time: input of a rank other than 1 and 2
/// Cost    2·In·Out FLOP per sample or token forward, twice that backward
/// Source  same convention as torch.nn.Linear
template <std::size_t OutFeatures, LinearOptions Options = LinearOptions{}>
struct Linear {
  static_assert(OutFeatures > 0, "odot::nn::Linear: out_features must be at least 1");

  template <ShapeType In>
  struct bind
      : Layer<In,
              std::conditional_t<detail::is_sequence<In>, Shape<detail::tokens<In>, OutFeatures>, Shape<OutFeatures>>,
              Parameters<Parameter<"weight", Shape<OutFeatures, detail::features<In>()>>,
                         OptionalParameter<Options.bias, "bias", Shape<OutFeatures>, Init::zero>>> {
    static_assert(detail::has_features<In>,
                  "odot::nn::Linear: input must be rank 1 or 2, [features] or [tokens, features]; put nn::Flatten "
                  "before it");
    static constexpr bool token_wise = detail::is_sequence<In>;

    static constexpr std::uint64_t flop() { return 2 * In::size * OutFeatures; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("linear").add(OutFeatures).add_if(!Options.bias, "no bias").text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::Linear<typename decltype(pass)::device>::forward(pass.workspace(), detail::as_tokens(x),
                                                                pass.parameter(weight), pass.parameter_or_empty(bias),
                                                                detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      kernels::Linear<typename decltype(pass)::device>::backward(
          pass.workspace(), detail::as_tokens(x), pass.parameter(weight), detail::as_tokens(dy), pass.gradient(weight),
          pass.gradient_or_empty(bias), detail::as_tokens(dx));
    }
  };
};

}  // namespace odot::nn
