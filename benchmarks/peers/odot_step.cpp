// SPDX-License-Identifier: MIT
// Training steps (gradients and Adam) or predictions of a model of the paper on one random batch, at the pace of a
// driver: pace.hpp.
//
// usage: odot_step train|predict MODEL BATCH THREADS
//        MODEL: b, d, e, f, h, control, cifar10-attention, cifar10-control

#include <odot/odot.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "pace.hpp"

using namespace odot;

template <class Model>
struct Work {
  Work(std::size_t batch, int threads)
      : network(Seed{1}, nn::init::normal(0.02), threads), workspace(threads), x(batch), y(batch), labels(batch) {
    const Random random(Seed{2}, 0);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(random.uniform(i));
    for (std::size_t n = 0; n < batch; ++n) labels[n] = static_cast<std::int32_t>(random.below(10, x.size() + n));
  }

  void train() {
    loss = network.compute_gradients(x, labels).loss / static_cast<double>(x.samples());
    adam.step(network);
  }
  void predict() { network.predict(x, y, workspace); }

  double predicted_loss() const {
    double sum = 0;
    for (std::size_t n = 0; n < y.samples(); ++n) sum -= static_cast<double>(y[n][static_cast<std::size_t>(labels[n])]);
    return sum / static_cast<double>(y.samples());
  }

  Network<Model> network;
  optim::Adam adam;
  Workspace<> workspace;
  Batch<typename Model::input_shape> x;
  Batch<typename Model::output_shape> y;
  std::vector<std::int32_t> labels;
  double loss = 0;
};

template <class Model>
int run(bool training, std::size_t batch, int threads) {
  const std::string name = "odot " ODOT_VERSION_STRING ", " + benchmarks::compiler();
  Work<Model> work(batch, threads);
  if (training)
    return benchmarks::serve(Model::parameter_count, name, [&] { work.train(); }, [&] { return work.loss; });
  return benchmarks::serve(
      Model::parameter_count, name, [&] { work.predict(); }, [&] { return work.predicted_loss(); });
}

int main(int argc, char** argv) {
  const std::string mode = argc == 5 ? argv[1] : "", model = argc == 5 ? argv[2] : "";
  const long long batch = argc == 5 ? std::atoll(argv[3]) : 0, threads = argc == 5 ? std::atoll(argv[4]) : 0;
  if ((mode != "train" && mode != "predict") || batch < 1 || threads < 1 || threads > 1024) {
    std::fprintf(stderr, "usage: odot_step train|predict MODEL BATCH THREADS\n");
    return 2;
  }
  const auto start = [&]<class Model> {
    return run<Model>(mode == "train", static_cast<std::size_t>(batch), static_cast<int>(threads));
  };
  if (model == "b") return start.operator()<models::ModelB>();
  if (model == "d") return start.operator()<models::ModelD>();
  if (model == "e") return start.operator()<models::ModelE>();
  if (model == "f") return start.operator()<models::ModelF>();
  if (model == "h") return start.operator()<models::ModelH>();
  if (model == "control") return start.operator()<models::Control<models::FashionMnistImage>>();
  if (model == "cifar10-attention") return start.operator()<models::Cifar10Attention>();
  if (model == "cifar10-control") return start.operator()<models::Control<models::Cifar10Image>>();
  std::fprintf(stderr, "odot_step: no model is called %s\n", model.c_str());
  return 2;
}
