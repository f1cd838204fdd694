#pragma once
// SPDX-License-Identifier: MIT
// Upsample2d.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/upsample2d.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

enum class UpsampleMode {
  nearest,   ///< every pixel becomes a square
  bilinear,  ///< interpolated between four pixels, as PyTorch's align_corners=False
};

struct Upsample2dOptions {
  UpsampleMode mode = UpsampleMode::nearest;
};

/// Enlarges images by the factor Scale.
/// Shapes  x [N, C, H, W] → y [N, C, H·Scale, W·Scale]
/// Grad    dx = Σ dy · x's share over the pixels in which x has one (overwritten)
/// Errors  compile time: input of a rank other than 3
/// Source  same convention as torch.nn.Upsample(scale_factor=Scale, mode=…)
template <std::size_t Scale, Upsample2dOptions Options = Upsample2dOptions{}>
struct Upsample2d {
 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t extent(std::size_t axis) { return axis < In::rank ? In::extents[axis] : 1; }
    static constexpr std::size_t scale = Scale > 0 ? Scale : 1;  // one error is enough
    using output = Shape<extent(0), extent(1) * scale, extent(2) * scale>;
    static_assert(Scale > 0, "odot::nn::Upsample2d: scale must be at least 1");
    static_assert(In::rank == 3, "odot::nn::Upsample2d: input must be rank 3, [channels, height, width]");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::output> {
    static constexpr bool backward_reads_input = false;
    static constexpr bool is_nearest = Options.mode == UpsampleMode::nearest;

    static constexpr std::uint64_t flop() { return is_nearest ? 0 : 7 * bind::output_shape::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("upsample2d").add(Scale).add(is_nearest ? "nearest" : "bilinear").text());
    }

    static void forward(auto pass, auto x, auto y) {
      using K = kernels::Upsample2d<typename decltype(y)::device>;
      if constexpr (is_nearest) K::template nearest<Scale>(pass.workspace(), x, y);
      else K::template bilinear<Scale>(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      using K = kernels::Upsample2d<typename decltype(dx)::device>;
      if constexpr (is_nearest) K::template nearest_backward<Scale>(pass.workspace(), dy, dx);
      else K::template bilinear_backward<Scale>(pass.workspace(), dy, dx);
    }
  };
};

}  // namespace odot::nn
