#pragma once
// SPDX-License-Identifier: MIT
// Dropout2d.

#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/kernels/channel_dropout.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/dropout.hpp"

namespace odot::nn {

/// Drops whole channels with probability P in training, and scales the others by 1/(1 − P); y = x in predict. The mask
/// is made as that of nn::Dropout, with one number per channel.
/// Shapes  x [N, C, H, W] → y [N, C, H, W]; in place where the layer before it allows
/// Grad    dx = dy/(1 − P) where the channel was kept, else 0 (overwritten)
/// Errors  compile time: P outside [0, 1); input of a rank other than 3
/// Source  Tompson et al., 2014; same convention as torch.nn.Dropout2d
template <Probability P>
struct Dropout2d {
  template <ShapeType In>
  struct bind : DropoutLayer<In, P, kernels::ChannelDropout> {
    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) { detail::describe_dropout("dropout2d", P.value, parts); }

    static_assert(In::rank == 3, "odot::nn::Dropout2d: input must be rank 3, [channels, height, width]");
  };

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(P.value >= 0 && P.value < 1, "odot::nn::Dropout2d: the probability must be at least 0 and less than 1");
};

}  // namespace odot::nn
