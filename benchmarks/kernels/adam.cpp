// SPDX-License-Identifier: MIT
// Adam's update: adam/update/<device>/float/<parameters>/1, of model B and of the control model.

#include <cmath>

#include "odot/core/tensor.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

constexpr kernels::AdamStep step{.step = 3};

struct Work {
  explicit Work(std::size_t size) : gradient(size), parameter(size), m(size), v(size) {
    benchmarks::fill_uniform(std::span<float>(gradient), 1, -1, 1);
    benchmarks::fill_uniform(std::span<float>(parameter), 2, -1, 1);
    benchmarks::fill_uniform(std::span<float>(v), 3, 0, 1);
  }
  void update() { kernels::Adam<Cpu>::update<float>(workspace, step, gradient, parameter, m, v); }
  void naive_update() {
    const double correction1 = 1 - std::pow(step.beta1, 3), correction2 = 1 - std::pow(step.beta2, 3);
    for (std::size_t i = 0; i < parameter.size(); ++i) {
      const double g = static_cast<double>(gradient[i]);
      const double first = step.beta1 * static_cast<double>(m[i]) + (1 - step.beta1) * g;
      const double second = step.beta2 * static_cast<double>(v[i]) + (1 - step.beta2) * g * g;
      m[i] = static_cast<float>(first);
      v[i] = static_cast<float>(second);
      parameter[i] -=
          static_cast<float>(step.learning_rate * first / correction1 / (std::sqrt(second / correction2) + step.eps));
    }
  }

  Workspace<> workspace;
  std::vector<float> gradient, parameter, m, v;
};

bool is_right(std::size_t size) {
  Work ours(size), naive(size);
  ours.update();
  naive.naive_update();
  return benchmarks::all_close(ours.parameter, naive.parameter, 1e-6) && benchmarks::all_close(ours.m, naive.m, 1e-6) &&
         benchmarks::all_close(ours.v, naive.v, 1e-6);
}

template <class Call>
void add(const std::string& device, std::size_t size, Call call) {
  benchmarks::add(
      "adam/update/" + device + "/float/" + std::to_string(size), 1, [=](benchmark::State& state, std::size_t) {
        Work work(size);
        benchmarks::run(state, is_right(size),
                        {.flop = 13.0 * static_cast<double>(size), .bytes = 7 * benchmarks::float_bytes(size)},
                        [&] { call(work); });
      });
}

const bool registered = [] {
  for (const std::size_t size : {std::size_t{33'084}, std::size_t{929'510}}) {
    add("cpu", size, [](Work& work) { work.update(); });
    add("naive", size, [](Work& work) { work.naive_update(); });
  }
  return true;
}();

}  // namespace
