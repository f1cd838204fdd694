// SPDX-License-Identifier: MIT
// What one thread's registers can do: simd/<operation>/cpu/float, the measure of the other kernels.

#include <benchmark/benchmark.h>

#include <cstddef>

#include "odot/kernels/exponential.hpp"
#include "odot/kernels/simd.hpp"

namespace simd = odot::kernels::simd;

namespace {

constexpr std::size_t chains = 10, steps = 100;  // enough independent chains to fill two units of latency 4

/// op on `chains` registers at once, `per_step` instructions a register.
template <class Op>
void registers(benchmark::State& state, double per_step, const Op& op) {
  simd::Packet<float> values[chains];
  for (auto& value : values) value = simd::all(0.25f);
  for (auto _ : state) {
    for (std::size_t s = 0; s < steps; ++s) op(values);
    for (auto& value : values) benchmark::DoNotOptimize(value);
  }
  const auto packets = static_cast<double>(chains * steps);
  state.counters["instructions/s"] =
      benchmark::Counter(packets * per_step, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["FLOP/s"] = benchmark::Counter(packets * per_step * 2 * static_cast<double>(simd::lanes<float>),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void multiply_add(benchmark::State& state) {
  const auto factor = simd::all(0.5f);
  registers(state, 1, [&](auto& values) {
#pragma GCC unroll 16
    for (auto& value : values) value = simd::multiply_add(value, factor, factor);
  });
}

BENCHMARK(multiply_add)->Name("simd/multiply_add/cpu/float");

}  // namespace
