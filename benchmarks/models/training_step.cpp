// SPDX-License-Identifier: MIT
// Whole training steps, gradients and Adam: training_step/<model>/cpu/float/<batch>, in samples/s.

#include <benchmark/benchmark.h>

#include <cmath>

#include <odot/odot.hpp>

#include "support/random_fill.hpp"

using namespace odot;

namespace {

template <class Model>
void training_step(benchmark::State& state) {
  const auto samples = static_cast<std::size_t>(state.range(0));
  Network<Model> network{Seed{1}};
  optim::Adam adam;
  Batch<typename Model::input_shape> x(samples);
  benchmarks::fill_uniform(x.span(), 1, 0, 1);
  const auto labels = benchmarks::labels(samples, 10);
  const double first_loss = network.compute_gradients(x, labels).mean();
  if (!(std::abs(first_loss - std::log(10.0)) < 0.5)) return state.SkipWithError("the first loss is not near ln 10");
  for (auto _ : state) {
    network.compute_gradients(x, labels);
    adam.step(network);
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsIterationInvariantRate);
}

using models::FashionMnistImage, models::Cifar10Image;
BENCHMARK(training_step<models::ModelB>)
    ->Name("training_step/b/cpu/float")
    ->Arg(4096)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(training_step<models::ModelF>)
    ->Name("training_step/f/cpu/float")
    ->Arg(4096)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(training_step<models::ModelH>)
    ->Name("training_step/h/cpu/float")
    ->Arg(4096)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(training_step<models::Cifar10Attention>)
    ->Name("training_step/cifar10-attention/cpu/float")
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(training_step<models::Control<FashionMnistImage>>)
    ->Name("training_step/control/cpu/float")
    ->Arg(256)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
