#pragma once
// SPDX-License-Identifier: MIT
// Dropout2d.

#include <string>
#include <vector>

#include "odot/kernels/add.hpp"
#include "odot/kernels/channel_dropout.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

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
  struct bind : Layer<In, In> {
    static constexpr bool backward_reads_input = false;
    static constexpr bool in_place = true;

    static void describe(std::vector<std::string>& /*parts*/) {}

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(pass)::device;
      if (pass.training() && P.value > 0) kernels::ChannelDropout<D>::forward(pass.workspace(), mask(pass), x, y);
      else kernels::Add<D>::copy(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(pass)::device;
      if (!dx) return;
      // y = mask ⊙ x/(1 − P)
      if (P.value > 0) kernels::ChannelDropout<D>::forward(pass.workspace(), mask(pass), dy, dx);
      else kernels::Add<D>::copy(pass.workspace(), dy, dx);
    }

   private:
    static kernels::DropoutMask mask(const auto& pass) { return {pass.random(), P.value, pass.first_sample()}; }
    // Last: after a failed assertion, compilers skip the rest of a class.
    static_assert(In::rank == 3, "odot::nn::Dropout2d: input must be rank 3, [channels, height, width]");
  };

  static_assert(P.value >= 0 && P.value < 1, "odot::nn::Dropout2d: the probability must be at least 0 and less than 1");
};

}  // namespace odot::nn
