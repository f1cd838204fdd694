#pragma once
// SPDX-License-Identifier: MIT
// The models of "Element-Wise Attention Layers" (Bacochina, de Souza, 2023).

#include <cstddef>
#include <utility>

#include "odot/models/images.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::models {

namespace detail {
/// `Layer` as often as there are numbers, then the classifier.
template <ShapeType In, class Layer, class Numbers>
struct AttentionModel;
template <ShapeType In, class Layer, std::size_t... Index>
struct AttentionModel<In, Layer, std::index_sequence<Index...>> {
  template <std::size_t>
  using layer = Layer;
  using type = nn::Sequential<In, layer<Index>..., nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
};
}  // namespace detail

/// `Layers` attention-wise layers of `Heads` heads, then a linear classifier of ten classes.
/// Shapes  x [N, In...] → log-probabilities [N, 10]
/// Source  Element-Wise Attention Layers, section 4
template <ShapeType In, std::size_t Heads, std::size_t Layers,
          nn::AttentionWiseOptions Options = nn::AttentionWiseOptions{}>
using ElementWiseAttention =
    typename detail::AttentionModel<In, nn::AttentionWise<Heads, Options>, std::make_index_sequence<Layers>>::type;

inline constexpr nn::AttentionWiseOptions with_norm{.norm = true};
inline constexpr nn::AttentionWiseOptions without_skip{.skip = false};
inline constexpr nn::AttentionWiseOptions scaled_norm{.norm_options = {.scaled = true}};

// Fashion-MNIST: heads × layers, batch norm after the convolution or not. (Types of their own, not aliases: messages and
// symbols are short, and nvcc can spell them.)
struct ModelA : ElementWiseAttention<FashionMnistImage, 8, 2, with_norm> {};
struct ModelB : ElementWiseAttention<FashionMnistImage, 8, 2> {};
struct ModelC : ElementWiseAttention<FashionMnistImage, 16, 2, with_norm> {};
struct ModelD : ElementWiseAttention<FashionMnistImage, 16, 2> {};
struct ModelE : ElementWiseAttention<FashionMnistImage, 8, 4, with_norm> {};
struct ModelF : ElementWiseAttention<FashionMnistImage, 8, 4> {};
struct ModelG : ElementWiseAttention<FashionMnistImage, 16, 4, with_norm> {};
struct ModelH : ElementWiseAttention<FashionMnistImage, 16, 4> {};
struct SingleHead : ElementWiseAttention<FashionMnistImage, 1, 2> {};
struct WithoutSkip : ElementWiseAttention<FashionMnistImage, 8, 2, without_skip> {};
struct ScaledModelB : ElementWiseAttention<FashionMnistImage, 8, 2, scaled_norm> {};  // ours: the heads' norm of H·W·A

// CIFAR-10.
struct Cifar10Attention : ElementWiseAttention<Cifar10Image, 8, 4> {};
struct ScaledCifar10Attention : ElementWiseAttention<Cifar10Image, 8, 4, scaled_norm> {};

/// The VGG-like control model.
/// Shapes  x [N, In...] → log-probabilities [N, 10]
/// Source  Element-Wise Attention Layers, section 4
template <ShapeType In>
using Control = nn::Sequential<
    In,                                                                                   //
    nn::Conv2d<100, nn::ConvOptions{.kernel = 3, .padding = 1}>, nn::ReLU,                // [100, H, W]
    nn::Conv2d<100, nn::ConvOptions{.kernel = 3, .padding = 1}>, nn::ReLU,                // [100, H, W]
    nn::Conv2d<100, nn::ConvOptions{.kernel = 2, .stride = 2, .bias = false}>, nn::ReLU,  // [100, H/2, W/2]
    nn::Conv2d<200, nn::ConvOptions{.kernel = 3, .padding = 1}>, nn::ReLU,                // [200, H/2, W/2]
    nn::Conv2d<200, nn::ConvOptions{.kernel = 3, .padding = 1}>, nn::ReLU,                // [200, H/2, W/2]
    nn::Conv2d<200, nn::ConvOptions{.kernel = 2, .stride = 2, .bias = false}>, nn::ReLU,  // [200, H/4, W/4]
    nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;

// Parameters, element by element from the paper's equations. Where the paper prints another number: docs/paper.md.
static_assert(ModelA::parameter_count == 33'088);                       // paper: 33,104
static_assert(ModelB::parameter_count == 33'084);                       // paper: 33,084
static_assert(ModelC::parameter_count == 58'320);                       // paper: 58,208
static_assert(ModelD::parameter_count == 58'316);                       // paper: 58,172
static_assert(ModelE::parameter_count == 58'326);                       // paper: 58,342
static_assert(ModelF::parameter_count == 58'318);                       // paper: 58,318
static_assert(ModelG::parameter_count == 108'790);                      // paper: 108,534
static_assert(ModelH::parameter_count == 108'782);                      // paper: 108,494
static_assert(SingleHead::parameter_count == 11'006);                   // paper: 11,132
static_assert(Cifar10Attention::parameter_count == 229'942);            // paper: 506,560
static_assert(Control<FashionMnistImage>::parameter_count == 929'510);  // paper: 929,510
static_assert(Control<Cifar10Image>::parameter_count == 961'310);       // paper: 961,310

}  // namespace odot::models
