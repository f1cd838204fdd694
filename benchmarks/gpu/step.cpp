// SPDX-License-Identifier: MIT
// Training steps (gradients and Adam) of a model of the papers on one random batch on the GPU, at the pace of measure.py:
// pace.hpp. Gradients are NaN before the calls. Of sequences, all tokens are valid; nothing is dropped.
//
// usage: gpu_step MODEL BATCH float|tf32 [launches]
//        MODEL: b, h, control, cifar10-attention, minimal-transformer, ea6-vowels, self-vowels
//        launches: kernel by kernel, not as a CUDA graph

#include <odot/gpu.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "pace.hpp"

using namespace odot;

namespace {

// Types of their own, which nvcc can spell.
struct MinimalTransformer : models::MinimalTransformer<models::MnistImage, 6, 4> {};
template <class Attention>
struct Vowels : models::VowelClassifier<Attention, 0.0> {};

/// A model, its optimizer, and the batch it trains on.
template <class Model>
struct Training {
  Training(std::size_t samples, const nn::init::Rule& rule)
      : network(Seed{1}, rule), x(samples), labels(samples), sums(1),
        poison(Model::parameter_count, std::numeric_limits<float>::quiet_NaN()) {
    const Random random(Seed{2}, 0);
    std::vector<float> values(x.size());
    std::vector<std::int32_t> classes(samples);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(random.uniform(i));
    for (std::size_t n = 0; n < samples; ++n)
      classes[n] = static_cast<std::int32_t>(random.below(Model::output_shape::size, values.size() + n));
    Gpu::copy_from_host(x.data(), values.data(), values.size() * sizeof(float));
    labels.from_host(classes.data());
  }
  void poison_gradients() {
    Gpu::copy_from_host(network.gradients().data(), poison.data(), poison.size() * sizeof(float));
  }
  void step() {
    sums.zero();
    network.backpropagate(x, labels.span(), sums.data());
    adam.step(network);
  }
  benchmarks::Outcome outcome() {
    const nn::LossSums last = sums.to_host().front();
    float largest = 0;
    for (const float gradient : on_host<Gpu>(network.gradients()))
      largest = largest >= std::abs(gradient) ? largest : std::abs(gradient);  // NaN stays
    return {last.mean(), largest};
  }

  Network<Model, Gpu> network;
  optim::Adam adam;
  Batch<typename Model::input_shape, float, Gpu> x;
  Buffer<std::int32_t, Gpu> labels;
  Buffer<nn::LossSums, Gpu> sums;
  std::vector<float> poison;
};

template <class Model>
int serve(std::size_t samples, bool as_graph, const nn::init::Rule& rule = nn::init::normal()) {
#ifdef ODOT_CUDNN
  const char* convolutions = "; convolutions by cuDNN";
#else
  const char* convolutions = "; convolutions without cuDNN";
#endif
  Training<Model> training(samples, rule);
  StepGraph<Gpu> graph;
  const auto step = [&] { training.step(); };
  const auto call = [&] {
    if (as_graph) graph.run(samples, step);
    else step();
  };
  return benchmarks::serve(
      Model::parameter_count, Gpu::description() + convolutions, [&] { training.poison_gradients(); }, call,
      [&] { return training.outcome(); });
}

}  // namespace

int main(int argc, char** argv) {
  const bool known = argc == 4 || (argc == 5 && std::string(argv[4]) == "launches");
  const std::string model = known ? argv[1] : "", arithmetic = known ? argv[3] : "";
  const long long batch = known ? std::atoll(argv[2]) : 0;
  if (batch < 1 || (arithmetic != "float" && arithmetic != "tf32")) {
    std::fprintf(stderr, "usage: gpu_step MODEL BATCH float|tf32 [launches]\n");
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
    if (model == "minimal-transformer")
      return serve<MinimalTransformer>(samples, as_graph, models::minimal_transformer_init());
    if (model == "ea6-vowels")
      return serve<Vowels<models::SeriesAttention<6, false>>>(samples, as_graph, nn::init::xavier());
    if (model == "self-vowels")
      return serve<Vowels<models::HeadedAttention<false>>>(samples, as_graph, nn::init::xavier());
    std::fprintf(stderr, "gpu_step: no model is called %s\n", model.c_str());
    return 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
