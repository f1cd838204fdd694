#pragma once
// SPDX-License-Identifier: MIT
// LogSoftmax.

#include <cstdint>

#include "odot/kernels/log_softmax.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Logarithm of the softmax over the classes: y_k = x_k − log Σⱼ exp(xⱼ), in the stable form.
/// Shapes  x [N, K] → y [N, K], in nats
/// Grad    dx_k = dy_k − exp(y_k) Σⱼ dyⱼ (overwritten)
/// Errors  compile time: input of a rank other than 1
/// Source  same convention as torch.nn.LogSoftmax(dim=1)
struct LogSoftmax {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static_assert(In::rank == 1, "odot::nn::LogSoftmax: input must be rank 1, [classes]; put nn::Flatten before it");
    static constexpr bool backward_reads_input = false;
    static constexpr bool backward_reads_output = true;
    static constexpr bool in_place = true;
    static constexpr bool log_probabilities = true;

    static constexpr std::uint64_t flop() { return 5 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("log_softmax").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::LogSoftmax<typename decltype(y)::device>::forward(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto y, auto dy, auto dx) {
      kernels::LogSoftmax<typename decltype(y)::device>::backward(pass.workspace(), y, dy, dx);
    }
  };
};

}  // namespace odot::nn
