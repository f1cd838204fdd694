// SPDX-License-Identifier: MIT
// A user's program on the GPU, without any header for the CPU: trains a tiny network on two samples until it knows them.
// Exit code 0 if it does.

#include <odot/gpu.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

using Image = odot::Shape<1, 4, 5>;
using Model = odot::nn::Sequential<Image, odot::nn::AttentionWise<2>, odot::nn::Flatten, odot::nn::Linear<3>,
                                   odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model, odot::Gpu> network{odot::Seed{1}};
  odot::optim::Adam adam{{.learning_rate = 0.05}};

  std::vector<float> pixels(2 * Image::size);
  for (std::size_t i = 0; i < Image::size; ++i) pixels[(i % 2) * Image::size + i] = 1.0f;
  odot::Batch<Image, float, odot::Gpu> images(2);
  odot::Gpu::copy_from_host(images.data(), pixels.data(), pixels.size() * sizeof(float));
  odot::Buffer<std::int32_t, odot::Gpu> labels(2);
  labels.from_host(std::vector<std::int32_t>{2, 0}.data());

  for (int step = 0; step < 20; ++step) {
    network.compute_gradients(images, labels.span());
    adam.step(network);
  }

  std::vector<float> y(2 * 3);
  const auto outputs = network.predict(images);
  odot::Gpu::copy_to_host(y.data(), outputs.data(), y.size() * sizeof(float));
  std::printf("log-probability of the labels: %g and %g nats\n", y[2], y[3]);
  return y[2] > -0.1f && y[3] > -0.1f ? 0 : 1;
}
