// SPDX-License-Identifier: MIT
// A user's program: trains a tiny network on two samples until it knows them. Exit code 0 if it does.

#include <odot/odot.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

using Image = odot::Shape<1, 4, 5>;
using Model = odot::nn::Sequential<Image, odot::nn::AttentionWise<2>, odot::nn::Flatten, odot::nn::Linear<3>,
                                   odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam{{.learning_rate = 0.05}};

  odot::Batch<Image> images(2);
  for (std::size_t i = 0; i < Image::size; ++i) images[i % 2][i] = 1.0f;
  const std::vector<std::int32_t> labels{2, 0};

  for (int step = 0; step < 20; ++step) {
    network.compute_gradients(images, labels);
    adam.step(network);
  }

  const auto log_probabilities = network.predict(images);
  const float first = log_probabilities[0](2), second = log_probabilities[1](0);
  std::printf("log-probability of the labels: %g and %g nats\n", first, second);
  return first > -0.1f && second > -0.1f ? 0 : 1;
}
