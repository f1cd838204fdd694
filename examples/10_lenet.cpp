// SPDX-License-Identifier: MIT
// LeNet-5 on MNIST. A tenth of the training images decides which epoch was the best; the test images are used only
// once.

#include "images.hpp"
#include "program.hpp"

#include <odot/odot.hpp>

#include <cstddef>
#include <cstdio>

using namespace odot;

using Digit = Shape<1, 28, 28>;
using LeNet =
    nn::Sequential<Digit,  //
                   nn::Conv2d<6, nn::Conv2dOptions{.kernel_size = 5, .padding = 2}>, nn::ReLU,
                   nn::MaxPool2d<2>,                                                                 // [6, 14, 14]
                   nn::Conv2d<16, nn::Conv2dOptions{.kernel_size = 5}>, nn::ReLU, nn::MaxPool2d<2>,  // [16, 5, 5]
                   nn::Flatten, nn::Linear<120>, nn::ReLU, nn::Linear<84>, nn::ReLU, nn::Linear<10>, nn::LogSoftmax>;
static_assert(LeNet::parameter_count == 61'706);

int train_lenet(bool quick) {
  const auto [all, test] = images::load<Digit>("mnist", data::load_mnist, quick);
  const auto [train, validation] = data::validation_split(all, 0.1, Seed{1});

  Network<LeNet> network{Seed{1}, nn::init::kaiming()};
  optim::Adam adam{{.learning_rate = 3e-3}};
  FitOptions options{.epochs = quick ? 5u : 6u, .batch_size = 64, .test_name = "validation"};
  options.schedule = optim::schedule::one_cycle(options.epochs * (train.size() / options.batch_size + 1));
  KeepBest best(network);
  fit(network, adam, train, validation, options, ProgressBar{}, best);
  best.restore();

  const double accuracy = evaluate(network, network.workspace(), test).accuracy();
  std::printf("result model=lenet dataset=%s parameters=%zu best_epoch=%zu accuracy=%.2f\n", test.name.c_str(),
              LeNet::parameter_count, best.epoch(), accuracy);
  return accuracy >= (test.synthetic ? 85 : 98.5) ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains LeNet-5 on MNIST, or on built-in images if MNIST is not found.", train_lenet);
}
