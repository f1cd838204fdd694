// SPDX-License-Identifier: MIT
// Predictions: predict/<model>/cpu/float/<batch>, in samples/s.

#include <benchmark/benchmark.h>

#include <cmath>

#include <odot/odot.hpp>

#include "support/random_fill.hpp"

using namespace odot;

namespace {

/// Whether every sample's probabilities add up to one, and a sample's are the same alone as in the batch.
template <class Model>
bool is_right(const Network<Model>& network, const Batch<typename Model::input_shape>& x,
              const Batch<typename Model::output_shape>& y) {
  for (std::size_t n = 0; n < y.samples(); ++n) {
    double sum = 0;
    for (const float log_probability : y[n].span()) sum += std::exp(static_cast<double>(log_probability));
    if (!(std::abs(sum - 1) < 1e-4)) return false;
  }
  const auto alone = network.predict(x.view().subbatch(0, 1));
  for (std::size_t k = 0; k < Model::output_shape::size; ++k)
    if (!(std::abs(alone[0][k] - y[0][k]) < 1e-4f)) return false;
  return true;
}

template <class Model>
void predict(benchmark::State& state) {
  const auto samples = static_cast<std::size_t>(state.range(0));
  const Network<Model> network{Seed{1}};
  Workspace<> workspace;
  Batch<typename Model::input_shape> x(samples);
  Batch<typename Model::output_shape> y(samples);
  benchmarks::fill_uniform(x.span(), 1, 0, 1);
  network.predict(x, y, workspace);
  if (!is_right<Model>(network, x, y)) return state.SkipWithError("the result is wrong");
  for (auto _ : state) {
    network.predict(x, y, workspace);
    benchmark::ClobberMemory();
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsIterationInvariantRate);
}

template <class Model>
void add(const char* name) {
  benchmark::RegisterBenchmark(name, predict<Model>)->Arg(1)->Arg(256)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

const bool registered = [] {
  add<models::ModelB>("predict/b/cpu/float");
  add<models::ModelF>("predict/f/cpu/float");
  add<models::ModelH>("predict/h/cpu/float");
  add<models::Cifar10Attention>("predict/cifar10-attention/cpu/float");
  add<models::Control<models::FashionMnistImage>>("predict/control/cpu/float");
  return true;
}();

}  // namespace
