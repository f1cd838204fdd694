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
inline constexpr nn::AttentionWiseOptions scaled_norm{.heads = {.scaled = true}};

/// What a model of the paper's experiments varies besides heads and layers.
enum class AttentionVariant {
  plain,
  batch_norm,    ///< batch norm after the convolution
  no_skip,       ///< no skip connection
  scaled_heads,  ///< ours: the heads' norm of H·W·A
};

namespace detail {
constexpr nn::AttentionWiseOptions options_of(AttentionVariant variant) {
  switch (variant) {
    case AttentionVariant::plain:
      break;
    case AttentionVariant::batch_norm:
      return with_norm;
    case AttentionVariant::no_skip:
      return without_skip;
    case AttentionVariant::scaled_heads:
      return scaled_norm;
  }
  return {};
}
}  // namespace detail

/// A model of the paper's experiments. (A type of its own, whose template arguments are numbers: messages and symbols are
/// short, nvcc can spell them, and a program pays for the models that it uses.)
template <ShapeType In, std::size_t Heads, std::size_t Layers, AttentionVariant Variant = AttentionVariant::plain>
struct AttentionExperiment : ElementWiseAttention<In, Heads, Layers, detail::options_of(Variant)> {};

// Fashion-MNIST: heads × layers, batch norm after the convolution or not.
using ModelA = AttentionExperiment<FashionMnistImage, 8, 2, AttentionVariant::batch_norm>;
using ModelB = AttentionExperiment<FashionMnistImage, 8, 2>;
using ModelC = AttentionExperiment<FashionMnistImage, 16, 2, AttentionVariant::batch_norm>;
using ModelD = AttentionExperiment<FashionMnistImage, 16, 2>;
using ModelE = AttentionExperiment<FashionMnistImage, 8, 4, AttentionVariant::batch_norm>;
using ModelF = AttentionExperiment<FashionMnistImage, 8, 4>;
using ModelG = AttentionExperiment<FashionMnistImage, 16, 4, AttentionVariant::batch_norm>;
using ModelH = AttentionExperiment<FashionMnistImage, 16, 4>;
using SingleHead = AttentionExperiment<FashionMnistImage, 1, 2>;
using WithoutSkip = AttentionExperiment<FashionMnistImage, 8, 2, AttentionVariant::no_skip>;
using ScaledModelB = AttentionExperiment<FashionMnistImage, 8, 2, AttentionVariant::scaled_heads>;

// CIFAR-10.
using Cifar10Attention = AttentionExperiment<Cifar10Image, 8, 4>;
using ScaledCifar10Attention = AttentionExperiment<Cifar10Image, 8, 4, AttentionVariant::scaled_heads>;

/// The VGG-like control model.
/// Shapes  x [N, In...] → log-probabilities [N, 10]
/// Source  Element-Wise Attention Layers, section 4
template <ShapeType In>
using Control = nn::Sequential<
    In,                                                                                          //
    nn::Conv2d<100, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::ReLU,                // [100, H, W]
    nn::Conv2d<100, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::ReLU,                // [100, H, W]
    nn::Conv2d<100, nn::Conv2dOptions{.kernel_size = 2, .stride = 2, .bias = false}>, nn::ReLU,  // [100, H/2, W/2]
    nn::Conv2d<200, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::ReLU,                // [200, H/2, W/2]
    nn::Conv2d<200, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::ReLU,                // [200, H/2, W/2]
    nn::Conv2d<200, nn::Conv2dOptions{.kernel_size = 2, .stride = 2, .bias = false}>, nn::ReLU,  // [200, H/4, W/4]
    nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;

}  // namespace odot::models
