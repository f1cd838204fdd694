#pragma once
// SPDX-License-Identifier: MIT
// AttentionWise: the attention-wise layer.

#include <cstddef>
#include <type_traits>

#include "odot/nn/attention_block.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/residual.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::nn {

struct AttentionWiseOptions {
  AttentionHeadsOptions heads = {};
  bool norm = false;  ///< batch norm after the convolution
  bool skip = true;   ///< add the input to the convolution's output
};

/// Attention-wise layer: y = ReLU( [BatchNorm]( Conv3x3( heads of x side by side ) [+ x] ) ).
/// Shapes  x [N, C, H, W] → y [N, C, H, W]
/// Params  heads.weight_x, heads.weight_y [heads, C, H, W]; conv.weight [C, heads·C, 3, 3], conv.bias [C];
///         options add heads.bias_x, heads.bias_y; heads.weight, heads.bias; norm.weight, norm.bias
/// Grad    dx overwritten, the parameters' added
/// Errors  compile time: input of a rank other than 3
/// Source  Element-Wise Attention Layers, section 3
template <std::size_t Heads, AttentionWiseOptions Options = AttentionWiseOptions{}>
struct AttentionWise {
 private:
  static constexpr AttentionBlockOptions block{.heads = Options.heads, .skip = Options.skip, .relu = !Options.norm};
  using Block = Named<"", AttentionBlock<Heads, block>>;

 public:
  template <ShapeType In>
  struct bind : std::conditional_t<Options.norm, Sequential<In, Block, Named<"norm", BatchNorm2d<>>, ReLU>,
                                   Sequential<In, Block>> {};
};

/// The same layer as a composition of AttentionHeads, Conv2d, Residual, BatchNorm2d and ReLU: what AttentionWise is checked
/// against, and where to begin your own variation. Same parameters; several times the time, four times the memory.
template <std::size_t Heads, AttentionWiseOptions Options = AttentionWiseOptions{}>
struct ComposedAttentionWise {
 private:
  template <ShapeType In>
  struct Parts {
    static constexpr std::size_t channels = detail::extent_or_1<In>(0);
    using heads = Named<"heads", AttentionHeads<Heads, Options.heads>>;
    using conv = Named<"conv", Conv2d<channels, Conv2dOptions{.kernel_size = 3, .padding = 1}>>;
    using mixed = Named<"", std::conditional_t<Options.skip, Residual<heads, conv>, Sequential<heads, conv>>>;
    using whole = std::conditional_t<Options.norm, Sequential<In, mixed, Named<"norm", BatchNorm2d<>>, ReLU>,
                                     Sequential<In, mixed, ReLU>>;
  };

 public:
  template <ShapeType In>
  struct bind : Parts<In>::whole {};
};

}  // namespace odot::nn
