// SPDX-License-Identifier: MIT
// The works of compare.py by dlib, with the BLAS that it is linked with.
//
// usage: program.hpp; MODEL: perceptron, deep-perceptron, small-conv, control. THREADS must be $OPENBLAS_NUM_THREADS.
// Predictions are logits, as dlib's networks give them: no softmax is taken.

#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "blas.hpp"
#include "program.hpp"

namespace {

using Input = dlib::input<dlib::matrix<float>>;
template <unsigned long Features, class Below>
using hidden = dlib::relu<dlib::fc<Features, Below>>;
template <long Channels, int Stride, class Below>
using conv3x3 = dlib::relu<dlib::add_layer<dlib::con_<Channels, 3, 3, Stride, Stride, 1, 1>, Below>>;
template <long Channels, class Below>
using halve = dlib::relu<dlib::con<Channels, 2, 2, 2, 2, Below>>;
template <long Channels, class Below>
using stage = halve<Channels, conv3x3<Channels, 1, conv3x3<Channels, 1, Below>>>;

template <class Below>
using classifier = dlib::loss_multiclass_log<dlib::fc<10, Below>>;
using Perceptron = classifier<hidden<128, Input>>;
using DeepPerceptron = classifier<hidden<512, hidden<512, Input>>>;
using SmallConv = classifier<conv3x3<32, 2, conv3x3<16, 2, Input>>>;
using Control = classifier<stage<200, stage<100, Input>>>;

template <class Net>
Net make() {
  Net net;
  if constexpr (std::is_same_v<Net, Control>) {
    // Positions from the output: loss 0, fc 1, then relu and con by turns.
    dlib::layer<3>(net).layer_details().disable_bias();
    dlib::layer<9>(net).layer_details().disable_bias();
  }
  return net;
}

template <class Net>
struct Work {
  explicit Work(std::size_t batch) : net(make<Net>()), labels(batch) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform;
    std::vector<dlib::matrix<float>> images(batch);
    for (auto& image : images) {
      image.set_size(28, 28);
      for (auto& pixel : image) pixel = uniform(random);
    }
    for (auto& label : labels) label = random() % 10;
    net.to_tensor(images.begin(), images.end(), x);
    net.forward(x);  // allocates the parameters
  }

  void train() {
    loss = net.compute_parameter_gradients(x, labels.begin());
    net.update_parameters(solvers, odot::benchmarks::learning_rate);
  }

  void predict() { y = &net.subnet().forward(x); }

  double predicted_loss() const {
    if (y->num_samples() != static_cast<long long>(labels.size()) || y->k() != 10 || y->nr() != 1 || y->nc() != 1)
      throw std::runtime_error("dlib's output has the wrong shape");
    const float* const logits = y->host();
    return odot::benchmarks::mean_loss(labels.size(), labels,
                                       [&](std::size_t n, std::size_t k) { return logits[10 * n + k]; });
  }

  Net net;
  std::vector<dlib::adam> solvers{Net::num_computational_layers, dlib::adam(0, 0.9f, 0.999f)};
  std::vector<unsigned long> labels;
  dlib::resizable_tensor x;
  const dlib::tensor* y = nullptr;
  double loss = 0;
};

template <class Net>
odot::benchmarks::Running start_model(const odot::benchmarks::Task& task) {
  const auto work = std::make_shared<Work<Net>>(task.batch);
  const std::size_t parameters = dlib::count_parameters(work->net);
  if (task.training) return {parameters, [work] { work->train(); }, [work] { return work->loss; }};
  return {parameters, [work] { work->predict(); }, [work] { return work->predicted_loss(); }};
}

std::optional<odot::benchmarks::Running> start(const odot::benchmarks::Task& task, int) {
  if (task.model == "perceptron") return start_model<Perceptron>(task);
  if (task.model == "deep-perceptron") return start_model<DeepPerceptron>(task);
  if (task.model == "small-conv") return start_model<SmallConv>(task);
  if (task.model == "control") return start_model<Control>(task);
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  return odot::benchmarks::run_program(argc, argv,
                                       "dlib " + std::to_string(DLIB_MAJOR_VERSION) + "." +
                                           std::to_string(DLIB_MINOR_VERSION) + ", " + odot::benchmarks::blas(),
                                       start);
}
