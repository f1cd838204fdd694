// SPDX-License-Identifier: MIT
// The fully connected product: linear/<pass>/<device>/float/<in>-<out>/<samples>.

#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/core/tensor.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

template <std::size_t In, std::size_t Out>
struct Work {
  using Kernel = kernels::Linear<Cpu>;

  explicit Work(std::size_t samples) : x(samples), dx(samples), y(samples), dy(samples) {
    benchmarks::fill_uniform(x.span(), 1, 0, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
    benchmarks::fill_uniform(std::span<float>(weight.data(), weight.size()), 3, -0.1, 0.1);
  }

  void forward() { Kernel::forward<float, In, Out>(workspace, x, weight, bias, y); }
  void backward() { Kernel::backward<float, In, Out>(workspace, x, weight, dy, dweight, dbias, dx); }
  void naive_forward() {
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t o = 0; o < Out; ++o) {
        float sum = bias(o);
        for (std::size_t i = 0; i < In; ++i) sum += x[n][i] * weight(o, i);
        y[n][o] = sum;
      }
  }

  bool forward_is_right() {
    naive_forward();
    const std::vector<float> expected(y.span().begin(), y.span().end());
    forward();
    return benchmarks::all_close(y.span(), expected);
  }
  bool backward_is_right() {
    backward();
    return benchmarks::gradient_fits({weight.data(), weight.size()}, {dweight.data(), dweight.size()}, [&] {
      forward();
      return benchmarks::dot(y.span(), dy.span());
    });
  }
  benchmarks::Cost cost(double passes) const {
    return {.flop = passes * 2.0 * static_cast<double>(x.samples() * In * Out),
            .bytes = passes * benchmarks::float_bytes(x.size(), y.size(), In * Out)};
  }

  Workspace<> workspace;
  Batch<Shape<In>> x, dx;
  Batch<Shape<Out>> y, dy;
  Tensor<Shape<Out, In>> weight, dweight;
  Tensor<Shape<Out>> bias, dbias;
};

template <std::size_t In, std::size_t Out>
void add(std::size_t samples) {
  using W = Work<In, Out>;
  const std::string shape = "/float/" + std::to_string(In) + "-" + std::to_string(Out);
  benchmarks::add("linear/forward/cpu" + shape, samples, [](benchmark::State& state, std::size_t n) {
    W work(n);
    benchmarks::run(state, work.forward_is_right(), work.cost(1), [&] { work.forward(); });
  });
  benchmarks::add("linear/forward/naive" + shape, samples, [](benchmark::State& state, std::size_t n) {
    W work(n);
    benchmarks::run(state, true, work.cost(1), [&] { work.naive_forward(); });
  });
  benchmarks::add("linear/backward/cpu" + shape, samples, [](benchmark::State& state, std::size_t n) {
    W work(n);
    benchmarks::run(state, work.backward_is_right(), work.cost(2), [&] { work.backward(); });
  });
}

const bool registered = [] {
  add<784, 10>(4096);
  add<784, 10>(1);
  add<512, 512>(256);
  return true;
}();

}  // namespace
