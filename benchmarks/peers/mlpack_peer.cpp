// SPDX-License-Identifier: MIT
// The works of compare.py by mlpack, on Armadillo's single-precision matrices and the BLAS that they are linked with.
//
// usage: program.hpp; MODEL: perceptron, deep-perceptron, small-conv, control. THREADS must be $OPENBLAS_NUM_THREADS
// and $OMP_NUM_THREADS.

#define MLPACK_ENABLE_ANN_SERIALIZATION_FMAT
#include <mlpack.hpp>

#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>

#include "blas.hpp"
#include "program.hpp"

namespace {

using Matrix = arma::fmat;
using Net = mlpack::FFN<mlpack::NegativeLogLikelihoodType<Matrix>, mlpack::GaussianInitialization, Matrix>;

void add_conv(Net& net, std::size_t channels, std::size_t kernel, std::size_t stride, std::size_t padding, bool bias) {
  net.Add<mlpack::Convolution>(channels, kernel, kernel, stride, stride, padding, padding, "none", bias);
  net.Add<mlpack::ReLU>();
}

void add_stage(Net& net, std::size_t channels) {
  add_conv(net, channels, 3, 1, 1, true);
  add_conv(net, channels, 3, 1, 1, true);
  add_conv(net, channels, 2, 2, 0, false);
}

void add_hidden(Net& net, std::size_t features) {
  net.Add<mlpack::Linear>(features);
  net.Add<mlpack::ReLU>();
}

/// Adds the layers before the classifier; false where there is no such model.
bool add_layers(Net& net, const std::string& model) {
  if (model == "perceptron") {
    add_hidden(net, 128);
  } else if (model == "deep-perceptron") {
    add_hidden(net, 512);
    add_hidden(net, 512);
  } else if (model == "small-conv") {
    add_conv(net, 16, 3, 2, 1, true);
    add_conv(net, 32, 3, 2, 1, true);
  } else if (model == "control") {
    add_stage(net, 100);
    add_stage(net, 200);
  } else {
    return false;
  }
  return true;
}

struct Work {
  explicit Work(std::size_t batch)
      : net(mlpack::NegativeLogLikelihoodType<Matrix>(false), mlpack::GaussianInitialization(0, 0.02)), x(784, batch),
        labels(1, batch) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform;
    x.imbue([&] { return uniform(random); });
    labels.imbue([&] { return static_cast<float>(random() % 10); });
  }

  void finish(bool training) {
    net.Add<mlpack::Linear>(10);
    net.Add<mlpack::LogSoftMax>();
    net.InputDimensions() = {28, 28, 1};
    net.Reset();
    net.SetNetworkMode(training);
    policy = std::make_unique<Policy>(adam, net.Parameters().n_rows, net.Parameters().n_cols);
  }

  void train() {
    net.Forward(x, y);
    loss = static_cast<double>(net.Backward(x, labels, gradients));
    policy->Update(net.Parameters(), odot::benchmarks::learning_rate, gradients);
  }

  void predict() { net.Forward(x, y); }

  double predicted_loss() const {
    if (y.n_rows != 10 || y.n_cols != x.n_cols) throw std::runtime_error("mlpack's output has the wrong shape");
    return odot::benchmarks::mean_loss(x.n_cols, labels, [&](std::size_t n, std::size_t k) { return y(k, n); });
  }

  using Policy = ens::AdamUpdate::Policy<Matrix, Matrix>;
  Net net;
  ens::AdamUpdate adam{1e-8, 0.9, 0.999};
  std::unique_ptr<Policy> policy;
  Matrix x, y, labels, gradients;
  double loss = 0;
};

std::optional<odot::benchmarks::Running> start(const odot::benchmarks::Task& task, int) {
  const auto work = std::make_shared<Work>(task.batch);
  if (!add_layers(work->net, task.model)) return std::nullopt;
  work->finish(task.training);
  const std::size_t parameters = work->net.Parameters().n_elem;
  if (task.training)
    return odot::benchmarks::Running{parameters, [work] { work->train(); }, [work] { return work->loss; }};
  return odot::benchmarks::Running{parameters, [work] { work->predict(); }, [work] { return work->predicted_loss(); }};
}

}  // namespace

int main(int argc, char** argv) {
  return odot::benchmarks::run_program(argc, argv, mlpack::util::GetVersion() + ", " + odot::benchmarks::blas(), start);
}
