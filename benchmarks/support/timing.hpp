#pragma once
// SPDX-License-Identifier: MIT
// Benchmarks named op/pass/device/scalar/shape/samples, with rates beside their times.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <utility>

namespace odot::benchmarks {

/// What one call does by the definition of the operation, however it is computed; bytes: every input read and every
/// output written once.
struct Cost {
  double flop = 0;
  double bytes = 0;
  double exponentials = 0;
};

/// Bytes of that many floats.
template <class... Count>
double float_bytes(Count... elements) {
  return static_cast<double>(sizeof(float)) * (static_cast<double>(elements) + ...);
}

/// Times `call`, unless its result turned out wrong.
template <class Call>
void run(benchmark::State& state, bool is_right, const Cost& cost, const Call& call) {
  if (!is_right) return state.SkipWithError("the result is wrong");
  for (auto _ : state) {
    call();
    benchmark::ClobberMemory();
  }
  for (const auto& [name, value] :
       {std::pair{"FLOP/s", cost.flop}, {"bytes/s", cost.bytes}, {"exponentials/s", cost.exponentials}})
    if (value > 0) state.counters[name] = benchmark::Counter(value, benchmark::Counter::kIsIterationInvariantRate);
}

/// Registers `body(state, samples)`.
template <class Body>
void add(const std::string& name, std::size_t samples, const Body& body) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { body(state, samples); })
      ->Name(name + "/" + std::to_string(samples))
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace odot::benchmarks
