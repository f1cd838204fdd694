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

using Model = odot::nn::Sequential<Image, AttentionWise<8>,                                           // rank 3
                                   Residual<Conv2d<1, odot::nn::Conv2dOptions{.padding = 1}>, ReLU>,  // the same shape
                                   Conv2d<4, odot::nn::Conv2dOptions{.kernel_size = 28}>,             // just fits
                                   BatchNorm2d<>, Scale, Flatten, Linear<10>, LogSoftmax>;

namespace nn = odot::nn;
using Mlp = nn::Sequential<nn::Linear<32>, nn::GELU, nn::Dropout<0.0>, nn::Linear<16>>;  // 0 is a probability
using Transformer = nn::Sequential<Image, nn::PatchEmbedding<14, 16>, nn::ClassToken, nn::PositionEmbedding,
                                   nn::SinusoidalPosition, nn::PreNorm<Mlp>, nn::PostNorm<Mlp>, nn::LayerNorm<>,
                                   nn::SelectToken<4>, nn::LayerNorm<>, Linear<10>>;  // the last of 5 tokens
static_assert(nn::MeanTokens::bind<odot::Shape<4, 16>>::output_shape::size == 16);
static_assert(nn::LastToken::bind<odot::Shape<4, 16>>::output_shape::size == 16);

/// Your own last layer, which says that it gives log-probabilities; a Flatten after it keeps them. It may be final.
struct Halves {
  template <odot::ShapeType In>
  struct bind final : odot::nn::Layer<In, odot::Shape<2>> {
    static constexpr bool log_probabilities = true;
    static void forward(auto /*pass*/, auto x, auto y) {
      for (std::size_t n = 0; n < x.samples(); ++n) y[n][0] = y[n][1] = -0.693147180559945f;
    }
    static void backward(auto /*pass*/, auto /*x*/, auto /*y*/, auto /*dy*/, auto dx) {
      for (std::size_t i = 0; dx && i < dx.size(); ++i) dx.data()[i] = 0;
    }
  };
};
using Undecided = nn::Sequential<odot::Shape<3>, nn::Linear<4>, nn::Named<"halves", Halves>, nn::Flatten>;
static_assert(Undecided::log_probabilities && Model::log_probabilities && !Transformer::log_probabilities);

/// Your own loss with a number of its own, for a set of your own.
struct Scaled {
  double factor;
  template <class Scalar>
  using target = Scalar;
  template <odot::ShapeType Output>
  static constexpr std::size_t targets = Output::size;
  void evaluate(auto& workspace, auto y, auto numbers, double scale, auto dy, nn::LossSums* sums) const {
    nn::MeanSquaredError::evaluate(workspace, y, numbers, factor * scale, dy, sums);
  }
};
struct Doubles {
  std::vector<float> numbers{1, 2, 3};
  std::size_t size() const { return numbers.size(); }
};

template <class Scalar, class Device>
class odot::data::Loader<Doubles, Scalar, Device> {
 public:
  using shape = odot::Shape<1>;
  using target = Scalar;
  static constexpr std::size_t targets = 1;
  Loader(const Doubles& set, std::size_t batch_size)
      : numbers_(set.numbers), order_("doubles", set.size(), batch_size) {}
  std::size_t count() const { return order_.count(); }
  std::size_t size(std::size_t i) const { return order_.size(i); }
  void shuffle(odot::Seed seed, std::uint64_t epoch) { order_.shuffle(seed, epoch); }
  odot::data::Loaded<shape, target, Scalar, Device> load(std::size_t i, odot::Workspace<Device>&) {
    x_.resize(size(i));
    y_.resize(size(i));
    for (std::size_t n = 0; n < size(i); ++n) y_[n] = 2 * (x_[n][0] = numbers_[order_.samples(i)[n]]);
    return {x_, y_};
  }

 private:
  std::vector<float> numbers_;
  odot::data::BatchOrder order_;
  odot::Batch<shape, Scalar> x_;
  std::vector<Scalar> y_;
};

int main() {
  odot::Network<Undecided> undecided{odot::Seed{1}};
  odot::Network<nn::Sequential<odot::Shape<1>, nn::Linear<1>>> line{odot::Seed{1}};
  odot::Network<Transformer> transformer{odot::Seed{1}};
  const std::vector<std::int32_t> labels(4);
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1}, 20, 10);
  const odot::Tensor<odot::Shape<3, 1, 2>> tensor;
  const odot::Batch<Image> images(4);
  const bool predicted = network.predict(images).samples() == 4 && transformer.predict(images).samples() == 4 &&
                         transformer.compute_gradients<nn::CrossEntropy>(images, labels).samples == 4;
  const std::vector<std::int32_t> halves(2);
  undecided.compute_gradients(odot::Batch<odot::Shape<3>>(2), halves);
  odot::optim::Adam descent;
  odot::fit(line, descent, Scaled{0.5}, Doubles{}, {.epochs = 1, .batch_size = 2}, odot::ProgressBar{});
  odot::fit(line, descent, Scaled{0.5}, Doubles{}, Doubles{}, {.epochs = 1, .batch_size = 2});
  odot::evaluate(line, line.workspace(), Scaled{2}, Doubles{});
  return odot::fit(network, adam, train, test, {.epochs = 1, .batch_size = 10}).interrupted || !predicted ||
         tensor.size() != 6;
}
