// SPDX-License-Identifier: MIT
// Batch normalisation over channels: batch_norm/<pass>/<device>/float/<shape>/<samples>.

#include <cmath>

#include "odot/core/tensor.hpp"
#include "odot/kernels/batch_norm/cpu/batch_norm.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

using Kernel = kernels::BatchNorm<Cpu>;
constexpr std::size_t C = 8, H = 28, W = 28;
constexpr kernels::NormConstants constants{};

struct Work {
  explicit Work(std::size_t samples) : x(samples), y(samples), dy(samples), dx(samples) {
    benchmarks::fill_uniform(x.span(), 1, -1, 3);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
    benchmarks::fill_uniform(std::span<float>(weight.data(), C), 3, 0.5, 1.5);
    benchmarks::fill_uniform(std::span<float>(bias.data(), C), 4, -1, 1);
    benchmarks::fill_uniform(std::span<float>(var.data(), C), 5, 0.5, 1.5);
  }
  void forward_training() {
    Kernel::forward_training<float, C, H, W>(workspace, constants, x, weight, bias, mean, var, statistics, y);
  }
  void forward_evaluation() {
    Kernel::forward_evaluation<float, C, H, W>(workspace, constants, x, weight, bias, mean, var, y);
  }
  void backward() { Kernel::backward<float, C, H, W>(workspace, x, weight, statistics, dy, dweight, dbias, dx); }

  void naive_forward_training() {
    const auto elements = static_cast<double>(x.samples() * H * W);
    for (std::size_t c = 0; c < C; ++c) {
      double sum = 0, squares = 0;
      each(c, [&](std::size_t i) {
        sum += static_cast<double>(x.data()[i]);
        squares += static_cast<double>(x.data()[i]) * static_cast<double>(x.data()[i]);
      });
      const double average = sum / elements;
      const double rstd = 1 / std::sqrt(squares / elements - average * average + constants.eps);
      each(c, [&](std::size_t i) {
        const double standard = (static_cast<double>(x.data()[i]) - average) * rstd;
        y.data()[i] = weight[c] * static_cast<float>(standard) + bias[c];
      });
    }
  }

  bool is_right() {
    naive_forward_training();
    const std::vector<float> expected(y.span().begin(), y.span().end());
    forward_training();
    if (!benchmarks::all_close(y.span(), expected)) return false;
    backward();
    return benchmarks::gradient_fits(x.span(), dx.span(), [&] {
      forward_training();
      return benchmarks::dot(y.span(), dy.span());
    });
  }
  bool evaluation_is_right() {
    forward_evaluation();
    const double expected = static_cast<double>(weight[0]) *
                                (static_cast<double>(x.data()[5]) - static_cast<double>(mean[0])) /
                                std::sqrt(static_cast<double>(var[0]) + constants.eps) +
                            static_cast<double>(bias[0]);
    return std::abs(static_cast<double>(y.data()[5]) - expected) <= 1e-5;
  }

  /// Every element of a channel.
  template <class Visit>
  void each(std::size_t c, const Visit& visit) const {
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t i = 0; i < H * W; ++i) visit((n * C + c) * H * W + i);
  }

  Workspace<> workspace;
  Batch<Shape<C, H, W>> x, y, dy, dx;
  Tensor<Shape<C>> weight_, bias_, mean_, var_, dweight_, dbias_;
  Tensor<Shape<2, C>> statistics;
  TensorView<Shape<C>> weight = weight_, bias = bias_, mean = mean_, var = var_, dweight = dweight_, dbias = dbias_;
};

/// FLOP and arrays of the batch's size, an element.
template <class Call>
void add(const std::string& name, benchmarks::Cost element, Call call) {
  benchmarks::add("batch_norm/" + name + "/float/8x28x28", 256, [=](benchmark::State& state, std::size_t n) {
    Work work(n);
    const auto elements = static_cast<double>(work.x.size());
    const bool right = work.is_right() && work.evaluation_is_right();
    benchmarks::run(state, right,
                    {.flop = element.flop * elements, .bytes = element.bytes * benchmarks::float_bytes(elements)},
                    [&] { call(work); });
  });
}

const bool registered = [] {
  add("forward_training/cpu", {5, 2}, [](Work& work) { work.forward_training(); });
  add("forward_training/naive", {5, 2}, [](Work& work) { work.naive_forward_training(); });
  add("forward_evaluation/cpu", {2, 2}, [](Work& work) { work.forward_evaluation(); });
  add("backward/cpu", {8, 3}, [](Work& work) { work.backward(); });
  return true;
}();

}  // namespace
