// SPDX-License-Identifier: MIT
// The rectified linear unit: relu/<pass>/<device>/float/<shape>/<samples>.

#include "odot/kernels/relu.hpp"
#include "odot/core/tensor.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

using Kernel = kernels::ReLU<Cpu>;
using Map = Shape<100, 28, 28>;

struct Work {
  explicit Work(std::size_t samples) : x(samples), y(samples), dy(samples), dx(samples) {
    benchmarks::fill_uniform(x.span(), 1, -1, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
  }
  void forward() { Kernel::forward<Map, float>(workspace, x, y); }
  void backward() { Kernel::backward<Map, float>(workspace, y, dy, dx); }
  void naive_forward() {
    for (std::size_t i = 0; i < x.size(); ++i) y.data()[i] = x.data()[i] > 0 ? x.data()[i] : 0;
  }
  bool is_right() {
    forward();
    backward();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool passes = x.data()[i] > 0;
      if (y.data()[i] != (passes ? x.data()[i] : 0) || dx.data()[i] != (passes ? dy.data()[i] : 0)) return false;
    }
    return true;
  }

  Workspace<> workspace;
  Batch<Map> x, y, dy, dx;
};

template <class Call>
void add(const std::string& pass, double arrays, Call call) {
  benchmarks::add("relu/" + pass + "/float/100x28x28", 64, [=](benchmark::State& state, std::size_t n) {
    Work work(n);
    const auto elements = static_cast<double>(work.x.size());
    benchmarks::run(state, work.is_right(), {.flop = elements, .bytes = arrays * benchmarks::float_bytes(elements)},
                    [&] { call(work); });
  });
}

const bool registered = [] {
  add("forward/cpu", 2, [](Work& work) { work.forward(); });
  add("forward/naive", 2, [](Work& work) { work.naive_forward(); });
  add("backward/cpu", 3, [](Work& work) { work.backward(); });
  return true;
}();

}  // namespace
