// SPDX-License-Identifier: MIT
// The networks of the examples, the language models, and the minimal transformers that are not exchanged with PyTorch.

#include "../pytorch/exchange.hpp"

namespace {

using namespace odot;

using LeNet =
    nn::Sequential<Shape<1, 28, 28>, nn::Conv2d<6, nn::Conv2dOptions{.kernel_size = 5, .padding = 2}>, nn::ReLU,
                   nn::MaxPool2d<2>, nn::Conv2d<16, nn::Conv2dOptions{.kernel_size = 5}>, nn::ReLU, nn::MaxPool2d<2>,
                   nn::Flatten, nn::Linear<120>, nn::ReLU, nn::Linear<84>, nn::ReLU, nn::Linear<10>, nn::LogSoftmax>;

template <std::size_t Channels, std::size_t Stride = 1, std::size_t Kernel = 3>
using Convolution = nn::Conv2d<Channels, nn::Conv2dOptions{Kernel, Stride, Kernel / 2, 1, false}>;
template <std::size_t Channels, std::size_t Stride = 1>
using Change = nn::Sequential<Convolution<Channels, Stride>, nn::BatchNorm2d<>, nn::ReLU, Convolution<Channels>,
                              nn::BatchNorm2d<>, nn::SqueezeExcitation<Channels, Channels / 4>>;
template <std::size_t Channels>
using Block = nn::Sequential<nn::Residual<Change<Channels>>, nn::ReLU>;
template <std::size_t Channels>
using HalvingBlock =
    nn::Sequential<nn::Add<Change<Channels, 2>, nn::Sequential<Convolution<Channels, 2, 1>, nn::BatchNorm2d<>>>,
                   nn::ReLU>;
using ResNet =
    nn::Sequential<Shape<1, 28, 28>, Convolution<16, 2>, nn::BatchNorm2d<>, nn::ReLU, Block<16>, HalvingBlock<32>,
                   Block<32>, HalvingBlock<64>, nn::AdaptiveAvgPool2d<1>, nn::Flatten, nn::Linear<10>>;

template <std::size_t Channels>
using Convolve = nn::Sequential<Convolution<Channels>, nn::BatchNorm2d<>, nn::ReLU>;
template <class... Layers>
using AndAtHalfSize = nn::Concat<nn::Identity, nn::Sequential<nn::MaxPool2d<2>, Layers..., nn::Upsample2d<2>>>;
using UNet = nn::Sequential<Shape<1, 32, 32>, Convolve<16>,
                            AndAtHalfSize<Convolve<32>, AndAtHalfSize<Convolve<64>, Convolve<32>>, Convolve<16>>,
                            Convolve<16>, nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 1}>>;

}  // namespace

void exchange::add_examples(std::vector<Model>& models) {
  using namespace odot::models;
  using odot::nn::CrossEntropy;
  using enum odot::nn::AttentionForm;
  add<LeNet>(models, "lenet");
  add<ResNet, CrossEntropy>(models, "resnet");
  add<UNet, CrossEntropy>(models, "unet");
  add<LanguageModel<48>, CrossEntropy>(models, "language-ea-6");
  add<LanguageModel<48, TextSelfAttention>, CrossEntropy>(models, "language-self");
  add<MinimalTransformer<MnistImage, 6, 1, full, false>>(models, "transformer-1-head-no-mlp");
  add<MinimalTransformer<MnistImage, 6, 1, symmetric>>(models, "transformer-1-head-symmetric");
  add<MinimalTransformer<MnistImage, 6, 4, symmetric, false>>(models, "transformer-symmetric-no-mlp");
  add<MinimalTransformer<MnistImage, 6, 1, wqk, false>>(models, "transformer-wqk-no-mlp");
  add<MinimalTransformer<MnistImage, 6, 1, symmetric_tt, false>>(models, "transformer-symmetric-tt-no-mlp");
}
