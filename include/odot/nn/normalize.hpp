#pragma once
// SPDX-License-Identifier: MIT
// Normalize: pictures by the mean and deviation of their channels, as the model's first layer.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/normalize.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// y = (x − mean_c)/deviation_c, per channel c. The statistics are buffers, so they are saved with the weights, and
/// code that predicts need not know them. They are 0 and 1 until set:
///     const auto statistics = data::channel_statistics(train);
///     network.set_buffer("0.mean", statistics.mean);
///     network.set_buffer("0.deviation", statistics.deviation);
/// Shapes  x [N, C, H, W] → y [N, C, H, W]; in place where the layer before it allows; buffers mean, deviation [C]
/// Grad    dx = dy/deviation_c (overwritten)
/// Errors  compile time: input of a rank other than 3
/// Source  same convention as torchvision.transforms.Normalize
struct Normalize {
  template <ShapeType In>
  struct bind : Layer<In, In, Parameters<>,
                      Parameters<Parameter<"mean", Shape<In::extents[0]>, Init::zero>,
                                 Parameter<"deviation", Shape<In::extents[0]>, Init::one>>> {
    static_assert(In::rank == 3, "odot::nn::Normalize: input must be rank 3, [channels, height, width]");
    static constexpr bool backward_reads_input = false;
    static constexpr bool in_place = true;

    static constexpr std::uint64_t flop() { return 2 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("normalize").text()); }

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(pass)::device;
      kernels::Normalize<D>::forward(pass.workspace(), x, pass.buffer(mean), pass.buffer(deviation), y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(pass)::device;
      if (dx) kernels::Normalize<D>::backward(pass.workspace(), pass.buffer(deviation), dy, dx);
    }

   private:
    static constexpr Name<"mean"> mean{};
    static constexpr Name<"deviation"> deviation{};
  };
};

}  // namespace odot::nn
