// SPDX-License-Identifier: MIT
// From logits to the loss and back: log_softmax/<pass>/<device>/float/10/<samples>,
// nll/evaluate/cpu/float/10/<samples>, cross_entropy/evaluate/cpu/float/10/<samples>.

#include <cmath>

#include "odot/core/tensor.hpp"
#include "odot/kernels/cross_entropy.hpp"
#include "odot/kernels/log_softmax.hpp"
#include "odot/kernels/nll.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

constexpr std::size_t classes = 10;

struct Work {
  explicit Work(std::size_t samples)
      : x(samples), y(samples), dy(samples), dx(samples), labels(benchmarks::labels(samples, classes)) {
    benchmarks::fill_uniform(x.span(), 1, -3, 3);
  }
  void forward() { kernels::LogSoftmax<Cpu>::forward<float, classes>(workspace, x, y); }
  void backward() { kernels::LogSoftmax<Cpu>::backward<float, classes>(workspace, y, dy, dx); }
  double evaluate() {
    kernels::LossSums sums;
    const BatchView<Shape<classes>, const float> outputs = y;
    kernels::NegativeLogLikelihood<Cpu>::evaluate(workspace, outputs, labels, 1.0f, dy.view(), &sums);
    return sums.loss;
  }
  double cross_entropy() {
    kernels::LossSums sums;
    const BatchView<Shape<classes>, const float> logits = x;
    kernels::CrossEntropy<Cpu>::evaluate(workspace, logits, labels, 1.0f, dx.view(), &sums);
    return sums.loss;
  }
  void naive_forward() {
    for (std::size_t n = 0; n < x.samples(); ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < classes; ++k) sum += std::exp(static_cast<double>(x[n][k]));
      for (std::size_t k = 0; k < classes; ++k) y[n][k] = x[n][k] - static_cast<float>(std::log(sum));
    }
  }

  bool is_right() {
    naive_forward();
    const std::vector<float> expected(y.span().begin(), y.span().end());
    double loss = 0;
    for (std::size_t n = 0; n < x.samples(); ++n)
      loss -= static_cast<double>(y[n][static_cast<std::size_t>(labels[n])]);
    forward();
    const double found = evaluate();
    backward();
    const std::vector<float> gradient(dx.span().begin(), dx.span().end());
    const double joint = cross_entropy();
    return benchmarks::all_close(y.span(), expected) && std::abs(found - loss) <= 1e-5 * loss &&
           std::abs(joint - loss) <= 1e-5 * loss && benchmarks::all_close(dx.span(), gradient) &&
           benchmarks::gradient_fits(x.span(), dx.span(), [&] {
             forward();
             return evaluate();
           });
  }

  Workspace<> workspace;
  Batch<Shape<classes>> x, y, dy, dx;
  std::vector<std::int32_t> labels;
};

/// FLOP, arrays of the batch's size and exponentials, an element.
template <class Call>
void add(const std::string& name, benchmarks::Cost element, Call call) {
  benchmarks::add(name + "/float/10", 4096, [=](benchmark::State& state, std::size_t n) {
    Work work(n);
    const auto elements = static_cast<double>(work.x.size());
    benchmarks::run(state, work.is_right(),
                    {.flop = element.flop * elements,
                     .bytes = element.bytes * benchmarks::float_bytes(elements),
                     .exponentials = element.exponentials * elements},
                    [&] { call(work); });
  });
}

const bool registered = [] {
  add("log_softmax/forward/cpu", {4, 2, 1}, [](Work& work) { work.forward(); });
  add("log_softmax/forward/naive", {4, 2, 1}, [](Work& work) { work.naive_forward(); });
  add("log_softmax/backward/cpu", {3, 3, 1}, [](Work& work) { work.backward(); });
  add("cross_entropy/evaluate/cpu", {5, 2, 1}, [](Work& work) { benchmark::DoNotOptimize(work.cross_entropy()); });
  add("nll/evaluate/cpu", {1, 2, 0}, [](Work& work) { benchmark::DoNotOptimize(work.evaluate()); });
  return true;
}();

}  // namespace
