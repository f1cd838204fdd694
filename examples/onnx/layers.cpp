// SPDX-License-Identifier: MIT
// Small networks that together have every layer of odot with every option.

#include "../pytorch/exchange.hpp"

namespace {

using namespace odot;
using namespace odot::nn;

template <class... L>
using Classifier = Sequential<L..., Flatten, nn::Linear<10>, LogSoftmax>;

using Convolutions =
    Classifier<Shape<3, 13, 10>, Normalize, Conv2d<8, Conv2dOptions{.kernel_size = 4, .padding = 2, .bias = false}>,
               BatchNorm2d<BatchNorm2dOptions{.eps = 1e-3, .affine = false}>, SiLU,
               Conv2d<12, Conv2dOptions{.kernel_size = 3, .stride = 2, .padding = 1, .groups = 4}>, GELU,
               ConvTranspose2d<6, ConvTranspose2dOptions{.kernel_size = 4, .stride = 3, .padding = 2, .bias = false}>,
               GroupNorm<3, GroupNormOptions{.eps = 1e-3, .affine = false}>,
               LeakyReLU<LeakyReLUOptions{.negative_slope = 0.2}>,
               ConvTranspose2d<4, ConvTranspose2dOptions{.kernel_size = 3, .stride = 2, .output_padding = 1}>,
               GroupNorm<1>, ELU<ELUOptions{.alpha = 0.7}>, Dropout2d<0.1>>;

using Poolings =
    Classifier<Shape<2, 17, 14>, Conv2d<6>, Tanh, MaxPool2d<3, MaxPool2dOptions{.stride = 2, .padding = 1}>,
               Upsample2d<3>, AvgPool2d<3, AvgPool2dOptions{.stride = 2, .padding = 1, .count_include_pad = false}>,
               Upsample2d<2, Upsample2dOptions{.mode = UpsampleMode::bilinear}>,
               AvgPool2d<4, AvgPool2dOptions{.stride = 3, .padding = 2}>, GroupNorm<6>, Sigmoid, MaxPool2d<2>,
               BatchNorm2d<>>;

using Branches = Classifier<
    Shape<4, 9, 7>, Add<Conv2d<4, Conv2dOptions{.padding = 1}>, Identity, Sequential<BatchNorm2d<>, ReLU>>,
    Concat<Identity, Named<"side", Conv2d<3, Conv2dOptions{.padding = 1}>>, AvgPool2d<3, AvgPool2dOptions{1, 1}>>,
    Gate<AdaptiveAvgPool2d<1>, Flatten, nn::Linear<11>, Sigmoid>, Gate<Conv2d<11, Conv2dOptions{.padding = 1}>, Tanh>,
    SqueezeExcitation<11, 3>, Residual<Conv2d<11, Conv2dOptions{.kernel_size = 1, .bias = false}>, Dropout<0.2>>,
    AdaptiveAvgPool2d<1>>;

using Series =
    Classifier<Shape<4, 31>, Conv1d<6, Conv1dOptions{.kernel_size = 5, .stride = 2, .groups = 2}>, BatchNorm1d<>, ReLU,
               Conv1d<5, Conv1dOptions{.padding = 1, .bias = false}>, BatchNorm1d<BatchNorm1dOptions{.affine = false}>,
               Flatten, nn::Linear<9, LinearOptions{false}>, BatchNorm1d<>, LayerNorm<>,
               RMSNorm<RMSNormOptions{.eps = 1e-3, .elementwise_affine = false}>, Softmax>;

// ---- attention-wise layers

template <AttentionHeadsOptions Heads>
using HeadsAlone = Classifier<Shape<2, 7, 6>, AttentionHeads<3, Heads>>;
template <AttentionHeadsOptions Heads, bool Norm = false, bool Skip = true>
using Wise = Classifier<Shape<2, 7, 6>, AttentionWise<3, AttentionWiseOptions{Heads, Norm, Skip}>,
                        ComposedAttentionWise<2, AttentionWiseOptions{Heads, Norm, Skip}>>;
template <AttentionHeadsOptions Heads, bool Skip, bool Relu>
using Block = Classifier<Shape<3, 6, 5>, AttentionBlock<2, AttentionBlockOptions{Heads, Skip, Relu}>>;

// ---- sequences

template <class... L>
using Tokens = Classifier<Shape<11, 6>, nn::Linear<12>, SinusoidalPosition, L...>;
using Plain = Tokens<LayerNorm<LayerNormOptions{.eps = 1e-3, .elementwise_affine = false}>, PositionEmbedding,
                     RecentTokens<3>, nn::Linear<8, LinearOptions{false}>, RMSNorm<>, GELU,
                     Concat<Identity, RecentTokens<1>, Named<"more", nn::Linear<3>>>, Softmax, ClassToken,
                     Concat<SelectToken<4>, LastToken, MeanTokens>>;
template <SelfAttentionOptions Options>
using Self = Tokens<PreNorm<SelfAttention<Options>>, MeanTokens>;
template <ElementWiseAttentionOptions Options>
using Wide = Tokens<PostNorm<nn::ElementWiseAttention<Options>>, LastToken>;
template <UnprojectedElementWiseAttentionOptions Options>
using Unprojected = Tokens<UnprojectedElementWiseAttention<Options>, MeanTokens>;

/// Your own layer: y = 40 x.
struct Forty {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static constexpr bool backward_reads_input = false;
    static void forward(auto, auto x, auto y) { y = x * 40; }
    static void backward(auto, auto, auto, auto dy, auto dx) {
      if (dx) dx = dy * 40;
    }
    static auto to_onnx(auto layer, auto x) { return layer.multiply(x, layer.number(40)); }
  };
};

/// Queries and keys whose squares are beyond the range of exp.
template <std::size_t Order, bool Causal>
using Far = Classifier<Shape<23, 9>, Forty,
                       UnprojectedElementWiseAttention<UnprojectedElementWiseAttentionOptions{Order, Causal}>>;

/// Sequences of unequal lengths.
template <class Attention>
using Masked = Classifier<Shape<11, 6>, nn::Linear<12>, ClassToken, PositionEmbedding, PreNorm<Attention>,
                          Concat<SelectToken<0>, LastToken, MeanTokens>>;
template <class Attention>
using AtPadding = Classifier<Shape<7, 6>, nn::Linear<12>, Attention>;

}  // namespace

void exchange::add_layers(std::vector<Model>& models) {
  using Heads = AttentionHeadsOptions;
  using enum AttentionForm;
  add<Convolutions>(models, "convolutions");
  add<Poolings>(models, "poolings");
  add<Branches>(models, "branches");
  add<Series>(models, "series-and-features");

  add<HeadsAlone<Heads{}>>(models, "heads");
  add<HeadsAlone<Heads{.norm = false, .bias = true, .dilation = 2}>>(models, "heads-dilated-bias");
  add<Wise<Heads{.affine = true, .bias = true}, true>>(models, "attention-wise-affine-bias-norm");
  add<Wise<Heads{.scaled = true, .per_channel = false, .dilation = 3}>>(models, "attention-wise-scaled-shared");
  add<Block<Heads{.eps = 1e-9}, false, false>>(models, "attention-block");

  add<Plain>(models, "tokens");
  add<Self<SelfAttentionOptions{}>>(models, "self");
  add<Self<SelfAttentionOptions{.heads = 3, .causal = true, .bias = true}>>(models, "self-causal-bias");
  add<Self<SelfAttentionOptions{.causal = true, .form = wqk, .bias = true}>>(models, "self-wqk-bias");
  add<Self<SelfAttentionOptions{.form = wqk_only}>>(models, "self-wqk-only");
  add<Self<SelfAttentionOptions{.heads = 4, .form = symmetric, .bias = true}>>(models, "self-symmetric-bias");
  add<Self<SelfAttentionOptions{.form = symmetric_tt, .bias = true}>>(models, "self-symmetric-tt-bias");
  add<Self<SelfAttentionOptions{.causal = true, .form = symmetric_tt_only}>>(models, "self-symmetric-tt-only");

  add<Wide<ElementWiseAttentionOptions{.order = full_order}>>(models, "element-wise-full");
  add<Wide<ElementWiseAttentionOptions{.order = full_order, .causal = true, .bias = false}>>(
      models, "element-wise-full-causal");
  add<Wide<ElementWiseAttentionOptions{.order = 2, .output = false}>>(models, "element-wise-2");
  add<Wide<ElementWiseAttentionOptions{.order = 6}>>(models, "element-wise-6");
  add<Wide<ElementWiseAttentionOptions{.order = 2, .causal = true}>>(models, "element-wise-2-causal");
  add<Wide<ElementWiseAttentionOptions{.order = 6, .causal = true, .bias = false, .output = false}>>(
      models, "element-wise-6-causal");
  add<Unprojected<UnprojectedElementWiseAttentionOptions{.order = 4}>>(models, "unprojected-4");
  add<Far<full_order, true>>(models, "far-full-causal");
  add<Far<2, false>>(models, "far-2");
  add<Far<2, true>>(models, "far-2-causal");

  constexpr bool lengths = true;
  using Loss = NegativeLogLikelihood;
  add<Masked<SelfAttention<SelfAttentionOptions{.heads = 3, .bias = true}>>, Loss, lengths>(models, "lengths-self");
  add<Masked<nn::ElementWiseAttention<>>, Loss, lengths>(models, "lengths-6");
  add<Masked<nn::ElementWiseAttention<ElementWiseAttentionOptions{.order = full_order}>>, Loss, lengths>(
      models, "lengths-full");
  add<AtPadding<SelfAttention<SelfAttentionOptions{.form = wqk_only}>>, Loss, lengths>(models, "padding-self");
  add<AtPadding<nn::ElementWiseAttention<ElementWiseAttentionOptions{.order = 4, .causal = true}>>, Loss, lengths>(
      models, "padding-4-causal");
}
