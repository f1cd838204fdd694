// SPDX-License-Identifier: MIT
// One training step after another of a model of the paper, timed, at the pace of a driver: every line on standard input
// asks for one step (gradients and Adam) on the same random batch; its seconds and loss go to standard output.
//
// usage: odot_step MODEL BATCH THREADS        MODEL: b, d, e, f, h, control, cifar10-attention, cifar10-control

#include <odot/odot.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace odot;

template <class Model>
int serve(std::size_t batch, int threads) {
  Network<Model> network(Seed{1}, nn::init::normal(0.02), threads);
  optim::Adam adam;
  Batch<typename Model::input_shape> x(batch);
  std::vector<std::int32_t> labels(batch);
  const Random random(Seed{2}, 0);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(random.uniform(i));
  for (std::size_t n = 0; n < batch; ++n) labels[n] = static_cast<std::int32_t>(random.below(10, x.size() + n));
  while (std::getchar() != EOF) {
    const auto start = std::chrono::steady_clock::now();
    const nn::LossSums sums = network.compute_gradients(x, labels);
    adam.step(network);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%.9f %.6f\n", seconds, sums.loss / static_cast<double>(batch));
    std::fflush(stdout);
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: odot_step MODEL BATCH THREADS\n");
    return 2;
  }
  const std::string model = argv[1];
  const auto batch = static_cast<std::size_t>(std::atoll(argv[2]));
  const int threads = std::atoi(argv[3]);
  if (model == "b") return serve<models::ModelB>(batch, threads);
  if (model == "d") return serve<models::ModelD>(batch, threads);
  if (model == "e") return serve<models::ModelE>(batch, threads);
  if (model == "f") return serve<models::ModelF>(batch, threads);
  if (model == "h") return serve<models::ModelH>(batch, threads);
  if (model == "control") return serve<models::Control<models::FashionMnistImage>>(batch, threads);
  if (model == "cifar10-attention") return serve<models::Cifar10Attention>(batch, threads);
  if (model == "cifar10-control") return serve<models::Control<models::Cifar10Image>>(batch, threads);
  std::fprintf(stderr, "odot_step: no model is called %s\n", model.c_str());
  return 2;
}
