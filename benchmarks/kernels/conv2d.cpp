// SPDX-License-Identifier: MIT
// The convolutions of the control model: conv2d/<pass>/cpu/float/<geometry>/<samples>. FLOP/s are those of the definition,
// 2·N·O·H'·W'·C·K², whatever the algorithm computes; so Winograd's may lie above the machine's peak.

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>

#include "odot/core/tensor.hpp"
#include "odot/kernels/conv2d/cpu.hpp"
#include "support/random_fill.hpp"

using namespace odot;

namespace {

using Kernel = kernels::Conv2d<Cpu>;

template <class G>
struct Work {
  explicit Work(std::size_t samples) : x(samples), dx(samples), y(samples), dy(samples) {
    benchmarks::fill_uniform(x.span(), 1, 0, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
    benchmarks::fill_uniform(std::span<float>(weight.data(), weight.size()), 3, -0.1, 0.1);
  }
  void forward() { Kernel::forward<G, float>(workspace, x, weight, bias, y); }
  void backward(bool with_input) {
    Kernel::backward<G, float>(workspace, x, weight, dy, dweight, dbias,
                               with_input ? dx.view() : BatchView<typename G::input, float>());
  }

  /// The middle output of the last sample against the definition.
  bool is_right() {
    forward();
    const std::size_t n = x.samples() - 1, i = G::out_h / 2, j = G::out_w / 2;
    double sum = 0;
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t u = 0; u < G::K; ++u)
        for (std::size_t v = 0; v < G::K; ++v)
          sum += static_cast<double>(weight(0, c, u, v)) *
                 static_cast<double>(x[n](c, i * G::stride + u - G::padding, j * G::stride + v - G::padding));
    return std::abs(sum - static_cast<double>(y[n](0, i, j))) < 1e-3;
  }

  Workspace<> workspace;
  Batch<typename G::input> x, dx;
  Batch<typename G::output> y, dy;
  Tensor<typename G::weight> weight, dweight;
  Tensor<typename G::bias> bias, dbias;
};

enum Pass { forward, backward_weight, backward };

template <class G>
void run(benchmark::State& state, Pass pass) {
  const auto samples = static_cast<std::size_t>(state.range(0));
  Work<G> work(samples);
  if (!work.is_right()) return state.SkipWithError("the result is wrong");
  for (auto _ : state) {
    if (pass == forward) work.forward();
    else work.backward(pass == backward);
    benchmark::ClobberMemory();
  }
  const double flop =
      2.0 * static_cast<double>(samples * G::O * G::out_h * G::out_w * G::taps) * (pass == backward ? 2 : 1);
  state.counters["FLOP/s"] = benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
}

template <class G>
void add(const std::string& geometry, int samples) {
  for (const auto& [name, pass] :
       {std::pair{"forward", forward}, {"backward_weight", backward_weight}, {"backward", backward}})
    benchmark::RegisterBenchmark(("conv2d/" + std::string(name) + "/cpu/float/" + geometry).c_str(), run<G>, pass)
        ->Arg(samples)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

const bool registered = [] {
  using kernels::ConvGeometry;
  add<ConvGeometry<Shape<1, 28, 28>, 100, 3, 1, 1>>("1x28x28-100-3x3", 64);
  add<ConvGeometry<Shape<100, 28, 28>, 100, 3, 1, 1>>("100x28x28-100-3x3", 64);
  add<ConvGeometry<Shape<100, 28, 28>, 100, 2, 2, 0>>("100x28x28-100-2x2s2", 64);
  add<ConvGeometry<Shape<100, 14, 14>, 200, 3, 1, 1>>("100x14x14-200-3x3", 64);
  add<ConvGeometry<Shape<200, 14, 14>, 200, 3, 1, 1>>("200x14x14-200-3x3", 64);
  add<ConvGeometry<Shape<200, 14, 14>, 200, 2, 2, 0>>("200x14x14-200-2x2s2", 64);
  return true;
}();

}  // namespace
