#pragma once
// SPDX-License-Identifier: MIT
// SelectToken, LastToken, MeanTokens: from a sequence to one vector.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/mean_tokens.hpp"
#include "odot/kernels/select_token.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Token number Index of each sample, counted from 0; lengths do not matter.
/// Shapes  x [N, L, D] → y [N, D]
/// Grad    dx = dy in that token, else 0 (overwritten)
/// Errors  compile time: input of a rank other than 2; an index that is not less than L
template <std::size_t Index>
struct SelectToken {
  template <ShapeType In>
  struct bind : Layer<In, Shape<detail::features<In>()>> {
    static_assert(detail::is_sequence<In>, "odot::nn::SelectToken: input must be rank 2, [tokens, features]");
    static_assert(!detail::is_sequence<In> || Index < detail::tokens<In>,
                  "odot::nn::SelectToken: the index must be less than the number of tokens");
    static constexpr bool backward_reads_input = false;

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("select_token").add(Index).text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::SelectToken<typename decltype(pass)::device>::forward(pass.workspace(), x, Index, nullptr, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      kernels::SelectToken<typename decltype(pass)::device>::backward(pass.workspace(), dy, Index, nullptr, dx);
    }
  };
};

/// The last valid token of each sample; 0 where none is valid.
/// Shapes  x [N, L, D], lengths [N] (optional) → y [N, D]
/// Grad    dx = dy in that token, else 0 (overwritten)
/// Errors  compile time: input of a rank other than 2
struct LastToken {
  template <ShapeType In>
  struct bind : Layer<In, Shape<detail::features<In>()>> {
    static_assert(detail::is_sequence<In>, "odot::nn::LastToken: input must be rank 2, [tokens, features]");
    static constexpr bool backward_reads_input = false;
    static constexpr std::size_t last = detail::tokens<In> - 1;

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("last_token").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::SelectToken<typename decltype(pass)::device>::forward(pass.workspace(), x, last, pass.lengths(), y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      kernels::SelectToken<typename decltype(pass)::device>::backward(pass.workspace(), dy, last, pass.lengths(), dx);
    }
  };
};

/// The mean of the valid tokens of each sample; 0 where none is valid.
/// Shapes  x [N, L, D], lengths [N] (optional) → y [N, D]
/// Grad    dx = dy / valid tokens in those, 0 in padding (overwritten)
/// Errors  compile time: input of a rank other than 2
struct MeanTokens {
  template <ShapeType In>
  struct bind : Layer<In, Shape<detail::features<In>()>> {
    static_assert(detail::is_sequence<In>, "odot::nn::MeanTokens: input must be rank 2, [tokens, features]");
    static constexpr bool backward_reads_input = false;

    static constexpr std::uint64_t flop() { return In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("mean_tokens").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::MeanTokens<typename decltype(pass)::device>::forward(pass.workspace(), x, pass.lengths(), y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      kernels::MeanTokens<typename decltype(pass)::device>::backward(pass.workspace(), dy, pass.lengths(), dx);
    }
  };
};

}  // namespace odot::nn
