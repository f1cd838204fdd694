// SPDX-License-Identifier: MIT
// What a short exchange compares: small networks of the layers that no model of the papers has, and two of the models.

#include "exchange.hpp"

namespace {

using namespace odot;

constexpr nn::Conv2dOptions grouped{.kernel_size = 3, .padding = 1, .groups = 4};
constexpr nn::ConvTranspose2dOptions twice{.kernel_size = 3, .stride = 2, .padding = 1, .output_padding = 1};
constexpr nn::MaxPool2dOptions overlapping{.stride = 2, .padding = 1};
constexpr nn::Upsample2dOptions bilinear{.mode = nn::UpsampleMode::bilinear};

using Images = nn::Sequential<Shape<3, 13, 10>, nn::Conv2d<8>, nn::GroupNorm<4>, nn::SiLU,
                              nn::MaxPool2d<3, overlapping>, nn::Conv2d<8, grouped>, nn::BatchNorm2d<>, nn::LeakyReLU<>,
                              nn::Named<"se", nn::SqueezeExcitation<8, 2>>, nn::ConvTranspose2d<6, twice>, nn::ELU<>,
                              nn::AvgPool2d<2>, nn::Upsample2d<2, bilinear>, nn::Dropout2d<0.2>, nn::Flatten,
                              nn::Linear<12>, nn::BatchNorm1d<>, nn::Tanh, nn::Linear<10>, nn::LogSoftmax>;

using Series =
    nn::Sequential<Shape<4, 31>, nn::Conv1d<6, nn::Conv1dOptions{.kernel_size = 5, .stride = 2, .groups = 2}>,
                   nn::BatchNorm1d<>, nn::Sigmoid, nn::Flatten, nn::RMSNorm<>, nn::Dropout<0.2>, nn::Linear<10>,
                   nn::LogSoftmax>;

using Tokens = nn::Sequential<Shape<9>, nn::Embedding<60, 8>, nn::RMSNorm<>, nn::Linear<8>, nn::LayerNorm<>, nn::GELU,
                              nn::MeanTokens, nn::Linear<10>, nn::LogSoftmax>;

}  // namespace

void exchange::add_short(std::vector<Model>& models) {
  add<Images>(models, "layers-images");
  add<Series>(models, "layers-series");
  add<Tokens>(models, "layers-tokens");
  add<models::ModelB>(models, "b");
  using Series6 = models::SeriesAttention<6, false>;
  add<models::VowelClassifier<Series6>, nn::NegativeLogLikelihood, true>(models, "vowels-ea-6");
}
