// SPDX-License-Identifier: MIT
// One model on two devices: trained on the GPU, its weights taken to the CPU, the same predictions there.
// Built where ODOT_GPU is set.

#include "program.hpp"

#include <odot/gpu.hpp>
#include <odot/odot.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

using namespace odot;

using Image = Shape<1, 28, 28>;
using Model = nn::Sequential<Image, nn::AttentionWise<4>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;

int train_on_both() try {
  std::printf("training on %s\n", Gpu::description().c_str());
  const auto data = data::synthetic<Image>(Seed{1}, 512, 128);

  // Bytes lie in the GPU's memory, batches are gathered there; losses come back when there is something to tell.
  Network<Model, Gpu> on_gpu{Seed{1}};
  optim::Adam adam{{.learning_rate = 1e-2}};
  ProgressBar bar;
  fit(on_gpu, adam, data.train, data.test, {.epochs = 2, .batch_size = 64}, bar);

  Network<Model> on_cpu{Seed{1}};
  on_cpu.copy_weights_from(on_gpu);

  // Images on both devices.
  const Batch<Image> images = data::batch_of(data.test.first(16));
  const auto copied = images.to<Gpu>();

  const auto expected = on_cpu.predict(images);
  const auto outputs = on_gpu.predict(copied);
  const auto found = on_host<Gpu>(std::span<const float>(outputs.data(), outputs.size()));
  float difference = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (const float apart = std::abs(found[i] - expected.data()[i]); !(apart <= difference) && !std::isnan(difference))
      difference = apart;  // NaN stays
  std::printf("largest difference of the log-probabilities on CPU and GPU: %.1e nats\n",
              static_cast<double>(difference));
  return difference <= 1e-3f ? 0 : 1;
} catch (const DeviceError& error) {
  return program::fail(77, error.what());  // what CTest takes for skipped
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains a model on the GPU and predicts with its weights on the CPU.", train_on_both);
}
