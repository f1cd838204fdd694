#pragma once
// SPDX-License-Identifier: MIT
// Ops of a few lines, beside a loop that does the same: <op>/<pass>/<device>/<scalar>/<shape>/<samples>.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/workspace.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

namespace odot::benchmarks {

/// What is timed, what it should come to, and where both put it. Gradients are added to what lies there.
template <class S>
struct Case {
  std::function<void()> call, naive;
  std::span<S> result;

  bool is_right() const {
    const auto result_of = [&](const std::function<void()>& function) {
      std::fill(result.begin(), result.end(), S{0});
      function();
      return std::vector<float>(result.begin(), result.end());
    };
    const std::vector<float> found = result_of(call);
    return all_close(found, result_of(naive), 1e-5);
  }
};

template <class S>
using Memory = std::vector<Buffer<S, Cpu>>;

/// Random numbers that live as long as the case.
template <class S>
std::span<S> numbers(Memory<S>& memory, std::size_t count, double low = -1) {
  memory.emplace_back(count);
  const std::span<S> all(memory.back().data(), count);
  fill_uniform(all, memory.size(), low, 1);
  return all;
}

inline const char* name_of(float) { return "float"; }
inline const char* name_of(double) { return "double"; }

/// make(workspace, memory, samples) gives the Case.
template <class S, class Make>
void add_op(const std::string& op, const std::string& shape, std::size_t samples, const Make& make) {
  for (const bool ours : {true, false})
    add(op + (ours ? "/cpu/" : "/naive/") + name_of(S{}) + "/" + shape, samples,
        [=](benchmark::State& state, std::size_t n) {
          Workspace<> workspace;
          Memory<S> memory;
          const Case<S> work = make(workspace, memory, n);
          run(state, work.is_right(), {}, ours ? work.call : work.naive);
        });
}

/// Calls add(S{}) for every scalar S. True, for the variable whose initialisation registers a program's benchmarks.
template <class Add>
bool register_scalars(const Add& add) {
  add(float{});
  add(double{});
  return true;
}

}  // namespace odot::benchmarks
