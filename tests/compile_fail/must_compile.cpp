// SPDX-License-Identifier: MIT
// The right counterpart of every other file here: what they get wrong is what fails there, not their set-up.
#include <odot/odot.hpp>

#include <cstdint>
#include <vector>

using Image = odot::Shape<1, 28, 28>;
using odot::nn::AttentionWise, odot::nn::BatchNorm2d, odot::nn::Conv2d, odot::nn::Flatten, odot::nn::Linear,
    odot::nn::LogSoftmax, odot::nn::ReLU, odot::nn::Residual;

inline constexpr odot::nn::Name<"gain"> gain;

/// y = gain ⊙ x, by a name that it declares.
struct Scale {
  template <odot::ShapeType In>
  struct bind : odot::nn::Layer<In, In, odot::nn::Parameters<odot::nn::Parameter<"gain", In>>> {
    static void forward(auto pass, auto x, auto y) {
      const auto gains = pass.parameter(gain);
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) y[n][i] = gains[i] * x[n][i];
    }
    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) {
          pass.gradient(gain)[i] += dy[n][i] * x[n][i];
          if (dx) dx[n][i] = dy[n][i] * pass.parameter(gain)[i];
        }
    }
  };
};

using Model = odot::nn::Sequential<Image, AttentionWise<8>,                                         // rank 3
                                   Residual<Conv2d<1, odot::nn::ConvOptions{.padding = 1}>, ReLU>,  // the same shape
                                   Conv2d<4, odot::nn::ConvOptions{.kernel = 28}>,                  // just fits
                                   BatchNorm2d<>, Scale, Flatten, Linear<10>, LogSoftmax>;

namespace nn = odot::nn;
using Mlp = nn::Sequential<nn::Linear<32>, nn::Gelu, nn::Dropout<0.0>, nn::Linear<16>>;  // 0 is a probability
using Transformer = nn::Sequential<Image, nn::PatchEmbedding<14, 16>, nn::ClassToken, nn::PositionEmbedding,
                                   nn::SinusoidalPosition, nn::PreNorm<Mlp>, nn::PostNorm<Mlp>, nn::LayerNorm<>,
                                   nn::SelectToken<4>, nn::LayerNorm<>, Linear<10>>;  // the last of 5 tokens
static_assert(nn::MeanTokens::bind<odot::Shape<4, 16>>::output_shape::size == 16);
static_assert(nn::LastToken::bind<odot::Shape<4, 16>>::output_shape::size == 16);

int main() {
  odot::Network<Transformer> transformer{odot::Seed{1}};
  const std::vector<std::int32_t> labels(4);
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1}, 20, 10);
  const odot::Tensor<odot::Shape<3, 1, 2>> tensor;
  const odot::Batch<Image> images(4);
  const bool predicted = network.predict(images).samples() == 4 && transformer.predict(images).samples() == 4 &&
                         transformer.compute_gradients<nn::CrossEntropy>(images, labels).samples == 4;
  return odot::fit(network, adam, train, test, {.epochs = 1, .batch_size = 10}).interrupted || !predicted ||
         tensor.size() != 6;
}
