// SPDX-License-Identifier: MIT
// Training steps (gradients and Adam) of a model of the paper on one random batch on the GPU, at the pace of measure.py:
// every line on standard input, a number of calls, is answered with the seconds of one by the device's own events, the
// mean loss of the last, and its gradients' largest number. Gradients are NaN before the calls, so that what a step
// leaves out shows.
//
// usage: gpu_step MODEL BATCH float|tf32 [launches]      launches: kernel by kernel, not as a CUDA graph

#include <odot/gpu.hpp>

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

using namespace odot;

namespace {

/// Seconds between two points of the stream.
class Stopwatch {
 public:
  Stopwatch() {
    nvidia::check(cudaEventCreate(&start_), "creating an event");
    nvidia::check(cudaEventCreate(&end_), "creating an event");
    nvidia::check(cudaEventRecord(start_, nvidia::stream()), "recording an event");
  }
  double seconds() {
    nvidia::check(cudaEventRecord(end_, nvidia::stream()), "recording an event");
    nvidia::check(cudaEventSynchronize(end_), "waiting for an event");
    float milliseconds = 0;
    nvidia::check(cudaEventElapsedTime(&milliseconds, start_, end_), "asking for the time between events");
    return 1e-3 * milliseconds;
  }

 private:
  cudaEvent_t start_ = nullptr, end_ = nullptr;
};

template <class Model>
int serve(std::size_t batch, bool as_graph) {
  Network<Model, Gpu> network(Seed{1});
  optim::Adam adam;
  Batch<typename Model::input_shape, float, Gpu> x(batch);
  Buffer<std::int32_t, Gpu> labels(batch);
  Buffer<nn::LossSums, Gpu> sums(1);
  const Random random(Seed{2}, 0);
  std::vector<float> pixels(x.size());
  std::vector<std::int32_t> classes(batch);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(random.uniform(i));
  for (std::size_t n = 0; n < batch; ++n) classes[n] = static_cast<std::int32_t>(random.below(10, pixels.size() + n));
  Gpu::copy_from_host(x.data(), pixels.data(), pixels.size() * sizeof(float));
  labels.from_host(classes.data());
  StepGraph<Gpu> graph;
  const auto step = [&] {
    sums.zero();
    network.backpropagate(x, labels.span(), sums.data());
    adam.step(network);
  };
  const std::vector<float> poison(Model::parameter_count, std::numeric_limits<float>::quiet_NaN());

#ifdef ODOT_CUDNN
  const char* convolutions = "convolutions by cuDNN";
#else
  const char* convolutions = "convolutions without cuDNN";
#endif
  std::printf("ready %zu %s; %s\n", Model::parameter_count, Gpu::description().c_str(), convolutions);
  std::fflush(stdout);
  for (unsigned long calls = 0; std::scanf("%lu", &calls) == 1;) {
    Gpu::copy_from_host(network.gradients().data(), poison.data(), poison.size() * sizeof(float));
    Stopwatch watch;
    for (unsigned long i = 0; i < calls; ++i) {
      if (as_graph) graph.run(batch, step);
      else step();
    }
    const double seconds = watch.seconds();
    const nn::LossSums last = sums.to_host().front();
    float largest = 0;
    for (const float gradient : on_host<Gpu>(network.gradients()))
      largest = largest >= std::abs(gradient) ? largest : std::abs(gradient);  // NaN stays
    std::printf("%.9f %.6f %.3e\n", seconds / static_cast<double>(calls), last.loss / static_cast<double>(last.samples),
                static_cast<double>(largest));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool known = argc == 4 || (argc == 5 && std::string(argv[4]) == "launches");
  const std::string model = known ? argv[1] : "", arithmetic = known ? argv[3] : "";
  const long long batch = known ? std::atoll(argv[2]) : 0;
  if (batch < 1 || (arithmetic != "float" && arithmetic != "tf32")) {
    std::fprintf(stderr, "usage: gpu_step b|h|control|cifar10-attention BATCH float|tf32 [launches]\n");
    return 2;
  }
  try {
    nvidia::allow_tensor_float_32(arithmetic == "tf32");
    const auto samples = static_cast<std::size_t>(batch);
    const bool as_graph = argc == 4;
    if (model == "b") return serve<models::ModelB>(samples, as_graph);
    if (model == "h") return serve<models::ModelH>(samples, as_graph);
    if (model == "control") return serve<models::Control<models::FashionMnistImage>>(samples, as_graph);
    if (model == "cifar10-attention") return serve<models::Cifar10Attention>(samples, as_graph);
    std::fprintf(stderr, "gpu_step: no model is called %s\n", model.c_str());
    return 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
