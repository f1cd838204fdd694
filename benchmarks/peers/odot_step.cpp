// SPDX-License-Identifier: MIT
// odot's side of compare.py: training steps (gradients and Adam) or predictions of a model on one random batch.
//
// usage: program.hpp; MODEL: b, d, e, f, h, control, cifar10-attention, cifar10-control, perceptron, deep-perceptron,
//        small-conv, pooling, depthwise, characters (training alone)

#include <odot/odot.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "program.hpp"

using namespace odot;

using Perceptron = nn::Sequential<Shape<784>, nn::Linear<128>, nn::ReLU, nn::Linear<10>, nn::LogSoftmax>;
using DeepPerceptron =
    nn::Sequential<Shape<784>, nn::Linear<512>, nn::ReLU, nn::Linear<512>, nn::ReLU, nn::Linear<10>, nn::LogSoftmax>;
constexpr nn::Conv2dOptions halving{.kernel_size = 3, .stride = 2, .padding = 1};
using SmallConv = nn::Sequential<Shape<1, 28, 28>, nn::Conv2d<16, halving>, nn::ReLU, nn::Conv2d<32, halving>, nn::ReLU,
                                 nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;

constexpr nn::MaxPool2dOptions largest_of_same{.stride = 1, .padding = 1};
constexpr nn::AvgPool2dOptions mean_of_same{.stride = 1, .padding = 1};
using Pooling = nn::Sequential<Shape<32, 28, 28>, nn::MaxPool2d<3, largest_of_same>, nn::AvgPool2d<3, mean_of_same>,
                               nn::MaxPool2d<2>, nn::AvgPool2d<2>, nn::AdaptiveAvgPool2d<1>, nn::Flatten,
                               nn::Linear<10>, nn::LogSoftmax>;
constexpr nn::Conv2dOptions each_channel{.kernel_size = 3, .padding = 1, .groups = 32};
using Depthwise =
    nn::Sequential<Shape<32, 28, 28>, nn::Conv2d<32, each_channel>, nn::ReLU, nn::Conv2d<32, each_channel>, nn::ReLU,
                   nn::AdaptiveAvgPool2d<1>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;

template <class Model>
struct Work {
  Work(std::size_t batch, int threads)
      : network(Seed{1}, nn::init::normal(0.02), threads), workspace(threads), x(batch), y(batch), labels(batch) {
    const Random random(Seed{2}, 0);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(random.uniform(i));
    for (std::size_t n = 0; n < batch; ++n) labels[n] = static_cast<std::int32_t>(random.below(10, x.size() + n));
  }

  void train() {
    loss = network.compute_gradients(x, labels).mean();
    adam.step(network);
  }
  void predict() { network.predict(x, y, workspace); }

  double predicted_loss() const {
    double sum = 0;
    for (std::size_t n = 0; n < y.samples(); ++n) sum -= static_cast<double>(y[n][static_cast<std::size_t>(labels[n])]);
    return sum / static_cast<double>(y.samples());
  }

  Network<Model> network;
  optim::Adam adam{{.learning_rate = static_cast<float>(benchmarks::learning_rate)}};
  Workspace<> workspace;
  Batch<typename Model::input_shape> x;
  Batch<typename Model::output_shape> y;
  std::vector<std::int32_t> labels;
  double loss = 0;
};

template <class Model>
benchmarks::Running start(const benchmarks::Task& task, int threads) {
  const auto work = std::make_shared<Work<Model>>(task.batch, threads);
  if (task.training) return {Model::parameter_count, [work] { work->train(); }, [work] { return work->loss; }};
  return {Model::parameter_count, [work] { work->predict(); }, [work] { return work->predicted_loss(); }};
}

/// The language model of stream_text, on random windows of bytes: a label per token, of logits.
struct CharactersWork {
  using Model = models::LanguageModel<256>;

  CharactersWork(std::size_t batch, int threads)
      : network(Seed{1}, nn::init::normal(0.02), threads), x(batch), labels(x.size()) {
    const Random random(Seed{2}, 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x.data()[i] = static_cast<std::int32_t>(random.below(models::byte_vocabulary, i));
      labels[i] = static_cast<std::int32_t>(random.below(models::byte_vocabulary, x.size() + i));
    }
  }

  void train() {
    loss = network.compute_gradients<nn::CrossEntropy>(x, labels).mean();
    adam.step(network);
  }

  Network<Model> network;
  optim::Adam adam{{.learning_rate = static_cast<float>(benchmarks::learning_rate)}};
  Batch<Model::input_shape, std::int32_t> x;
  std::vector<std::int32_t> labels;
  double loss = 0;
};

std::optional<benchmarks::Running> start_characters(const benchmarks::Task& task, int threads) {
  if (!task.training) return std::nullopt;
  const auto work = std::make_shared<CharactersWork>(task.batch, threads);
  return benchmarks::Running{CharactersWork::Model::parameter_count, [work] { work->train(); },
                             [work] { return work->loss; }};
}

int main(int argc, char** argv) {
  return benchmarks::run_program(argc, argv, "odot " ODOT_VERSION_STRING ", " + benchmarks::compiler(),
                                 [](const benchmarks::Task& task, int threads) -> std::optional<benchmarks::Running> {
                                   if (task.model == "b") return start<models::ModelB>(task, threads);
                                   if (task.model == "d") return start<models::ModelD>(task, threads);
                                   if (task.model == "e") return start<models::ModelE>(task, threads);
                                   if (task.model == "f") return start<models::ModelF>(task, threads);
                                   if (task.model == "h") return start<models::ModelH>(task, threads);
                                   if (task.model == "control")
                                     return start<models::Control<models::FashionMnistImage>>(task, threads);
                                   if (task.model == "cifar10-attention")
                                     return start<models::Cifar10Attention>(task, threads);
                                   if (task.model == "cifar10-control")
                                     return start<models::Control<models::Cifar10Image>>(task, threads);
                                   if (task.model == "perceptron") return start<Perceptron>(task, threads);
                                   if (task.model == "deep-perceptron") return start<DeepPerceptron>(task, threads);
                                   if (task.model == "small-conv") return start<SmallConv>(task, threads);
                                   if (task.model == "pooling") return start<Pooling>(task, threads);
                                   if (task.model == "depthwise") return start<Depthwise>(task, threads);
                                   if (task.model == "characters") return start_characters(task, threads);
                                   return std::nullopt;
                                 });
}
