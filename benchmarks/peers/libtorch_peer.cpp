// SPDX-License-Identifier: MIT
// The works of compare.py by libtorch, PyTorch's C++ interface, with the headers and libraries of PyPI's torch.
//
// usage: program.hpp; MODEL: perceptron, deep-perceptron, small-conv, control, b

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "program.hpp"

namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Flatten;
using torch::nn::Linear;
using torch::nn::LogSoftmax;
using torch::nn::ReLU;
using torch::nn::Sequential;

/// One layer of model B: torch_models.py's AttentionWise.
struct AttentionWiseImpl : torch::nn::Module {
  explicit AttentionWiseImpl(std::int64_t heads)
      : wx(register_parameter("wx", torch::randn({heads, 1, 28, 28}) * 0.02)),
        wy(register_parameter("wy", torch::randn({heads, 1, 28, 28}) * 0.02)),
        norm(register_module("norm", torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(heads).affine(false)))),
        conv(register_module("conv", Conv2d(Conv2dOptions(heads, 1, 3).padding(1)))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor z = x.unsqueeze(1);
    const torch::Tensor relevance = torch::softmax(z * wx, -1) * torch::softmax(z * wy, -2);
    const torch::Tensor heads = norm(relevance.flatten(1, 2)).view_as(relevance) * z;
    return torch::relu(conv(heads.flatten(1, 2)) + x);
  }

  torch::Tensor wx, wy;
  torch::nn::BatchNorm2d norm;
  Conv2d conv;
};
TORCH_MODULE(AttentionWise);

Conv2dOptions conv(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return Conv2dOptions(in, out, 3).padding(1).stride(stride);
}

Conv2dOptions halve(std::int64_t channels) { return Conv2dOptions(channels, channels, 2).stride(2).bias(false); }

std::optional<Sequential> model_of(const std::string& name) {
  if (name == "perceptron") return Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 10), LogSoftmax(1));
  if (name == "deep-perceptron")
    return Sequential(Flatten(), Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10), LogSoftmax(1));
  if (name == "small-conv")
    return Sequential(Conv2d(conv(1, 16, 2)), ReLU(), Conv2d(conv(16, 32, 2)), ReLU(), Flatten(),
                      Linear(32 * 7 * 7, 10), LogSoftmax(1));
  if (name == "control")
    return Sequential(Conv2d(conv(1, 100, 1)), ReLU(), Conv2d(conv(100, 100, 1)), ReLU(), Conv2d(halve(100)), ReLU(),
                      Conv2d(conv(100, 200, 1)), ReLU(), Conv2d(conv(200, 200, 1)), ReLU(), Conv2d(halve(200)), ReLU(),
                      Flatten(), Linear(200 * 7 * 7, 10), LogSoftmax(1));
  if (name == "b") return Sequential(AttentionWise(8), AttentionWise(8), Flatten(), Linear(784, 10), LogSoftmax(1));
  return std::nullopt;
}

struct Work {
  Work(Sequential network, std::size_t batch)
      : model(std::move(network)),
        adam(model->parameters(), torch::optim::AdamOptions(odot::benchmarks::learning_rate)),
        x(torch::rand({static_cast<std::int64_t>(batch), 1, 28, 28})),
        labels(torch::randint(0, 10, {static_cast<std::int64_t>(batch)}, torch::kInt64)) {}

  void train() {
    adam.zero_grad();
    loss = torch::nll_loss(model->forward(x), labels);
    loss.backward();
    adam.step();
  }

  void predict() {
    const c10::InferenceMode guard;
    y = model->forward(x);
  }

  double predicted_loss() const {
    if (y.dim() != 2 || y.size(0) != x.size(0) || y.size(1) != 10)
      throw std::runtime_error("libtorch's output has the wrong shape");
    return torch::nll_loss(y.clone(), labels).item<double>();
  }

  Sequential model;
  torch::optim::Adam adam;
  torch::Tensor x, labels, y, loss;
};

std::optional<odot::benchmarks::Running> start(const odot::benchmarks::Task& task, int threads) {
  torch::set_num_threads(threads);
  torch::manual_seed(1);
  const std::optional<Sequential> model = model_of(task.model);
  if (!model) return std::nullopt;
  const auto work = std::make_shared<Work>(*model, task.batch);
  std::size_t parameters = 0;
  for (const torch::Tensor& each : work->model->parameters()) parameters += static_cast<std::size_t>(each.numel());
  if (task.training)
    return odot::benchmarks::Running{parameters, [work] { work->train(); },
                                     [work] { return work->loss.item<double>(); }};
  work->model->eval();
  return odot::benchmarks::Running{parameters, [work] { work->predict(); }, [work] { return work->predicted_loss(); }};
}

}  // namespace

int main(int argc, char** argv) { return odot::benchmarks::run_program(argc, argv, "libtorch " TORCH_VERSION, start); }
