// SPDX-License-Identifier: MIT
// A small residual network with squeeze-and-excitation on Fashion-MNIST: changed images in every epoch, averaged weights,
// one cycle of the learning rate, and a report on each class.

#include "images.hpp"
#include "program.hpp"

#include <odot/odot.hpp>

#include <cstddef>
#include <cstdio>

using namespace odot;

template <std::size_t Channels, std::size_t Stride = 1>
using Convolution = nn::Conv2d<Channels, nn::Conv2dOptions{.stride = Stride, .padding = 1, .bias = false}>;

/// What is added to the skip connection: two convolutions, whose channels are weighted by what is in them.
template <std::size_t Channels, std::size_t Stride = 1>
using Change = nn::Sequential<Convolution<Channels, Stride>, nn::BatchNorm2d<>, nn::ReLU, Convolution<Channels>,
                              nn::BatchNorm2d<>, nn::SqueezeExcitation<Channels, Channels / 4>>;

/// A block that keeps the shape, and one that halves height and width and so needs a projection as its skip connection.
template <std::size_t Channels>
using Block = nn::Sequential<nn::Residual<Change<Channels>>, nn::ReLU>;
template <std::size_t Channels>
using HalvingBlock = nn::Sequential<
    nn::Add<Change<Channels, 2>,
            nn::Sequential<nn::Conv2d<Channels, nn::Conv2dOptions{.kernel_size = 1, .stride = 2, .bias = false}>,
                           nn::BatchNorm2d<>>>,
    nn::ReLU>;

using Garment = Shape<1, 28, 28>;
using ResNet = nn::Sequential<Garment, Convolution<16, 2>, nn::BatchNorm2d<>, nn::ReLU,  // [16, 14, 14]
                              Block<16>, HalvingBlock<32>, Block<32>, HalvingBlock<64>,  // [64, 4, 4]
                              nn::AdaptiveAvgPool2d<1>, nn::Flatten, nn::Linear<10>>;    // logits

int train_resnet(bool quick) {
  const auto [train, test] = images::load<Garment>("fashion-mnist", data::load_fashion_mnist, quick);

  Network<ResNet> network{Seed{1}, nn::init::kaiming()};
  optim::AdamW adam{{.learning_rate = 5e-3, .weight_decay = 1e-2}};
  FitOptions options{.epochs = quick ? 5u : 7u, .batch_size = 128};
  options.schedule = optim::schedule::one_cycle(options.epochs * (train.size() / options.batch_size + 1));
  WeightAverage average(network, {.decay = quick ? 0.9 : 0.99});
  fit(network, adam, nn::CrossEntropy{.label_smoothing = 0.1}, data::augmented(train, {.flip = 0.5, .shift = 2}), test,
      options, ProgressBar{}, average);
  average.apply();

  const ClassificationReport report = classification_report(network, network.workspace(), test);
  std::printf("%s\n", report.text(test.classes).c_str());
  std::printf("result model=resnet dataset=%s parameters=%zu epochs=%zu accuracy=%.2f\n", test.name.c_str(),
              ResNet::parameter_count, options.epochs, report.accuracy());
  return report.accuracy() >= (test.synthetic ? 80 : 90) ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv,
                      "Trains a small ResNet on Fashion-MNIST, or on built-in images if Fashion-MNIST is not found.",
                      train_resnet);
}
