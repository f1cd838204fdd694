#pragma once
// SPDX-License-Identifier: MIT
// ClassToken: a learned token before the others, for the network's answer about the whole sequence.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/class_token.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Puts a learned token before the first: y[0] = token, y[1 + l] = x[l]. If the sequences have lengths, the later
/// layers of the same Sequential get lengths that are greater by one.
/// Shapes  x [N, L, D], token [D] → y [N, L + 1, D]
/// Grad    dtoken += Σₙ dy[n, 0] (added);  dx[l] = dy[1 + l] (overwritten)
/// Errors  compile time: input of a rank other than 2
/// Source  Devlin et al., "BERT", 2019, section 3; Dosovitskiy et al., 2021, equation 1
struct ClassToken {
 private:
  // After a failed rule, any valid shape: one error is enough.
  template <ShapeType In>
  using longer = Shape<detail::tokens<In> + 1, detail::features<In>()>;

 public:
  template <ShapeType In>
  struct bind : Layer<In, longer<In>, Parameters<Parameter<"token", Shape<detail::features<In>()>>>> {
    static_assert(detail::is_sequence<In>, "odot::nn::ClassToken: input must be rank 2, [tokens, features]");
    static constexpr bool backward_reads_input = false;
    static constexpr std::size_t added_tokens = 1;

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("class_token").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::ClassToken<typename decltype(pass)::device>::forward(pass.workspace(), x,
                                                                    pass.parameter(Name<"token">{}), y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      kernels::ClassToken<typename decltype(pass)::device>::backward(pass.workspace(), dy,
                                                                     pass.gradient(Name<"token">{}), dx);
    }
  };
};

}  // namespace odot::nn
