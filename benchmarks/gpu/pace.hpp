#pragma once
// SPDX-License-Identifier: MIT
// A program measured on the GPU at the pace of a driver (measure.py): it says what it is, then answers every line on
// standard input, a number of calls, with the seconds of one by the device's own events, and what the last came to.

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdio>
#include <string>

#include "odot/core/gpu/cuda.hpp"

namespace odot::benchmarks {

/// Seconds between two points of the calling thread's stream.
class Stopwatch {
 public:
  Stopwatch() {
    nvidia::check(cudaEventCreate(&start_), "creating an event");
    nvidia::check(cudaEventCreate(&end_), "creating an event");
    nvidia::check(cudaEventRecord(start_, nvidia::stream()), "recording an event");
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    cudaEventDestroy(start_);
    cudaEventDestroy(end_);
  }
  double seconds() {
    nvidia::check(cudaEventRecord(end_, nvidia::stream()), "recording an event");
    nvidia::check(cudaEventSynchronize(end_), "waiting for an event");
    float milliseconds = 0;
    nvidia::check(cudaEventElapsedTime(&milliseconds, start_, end_), "asking for the time between events");
    return 1e-3 * milliseconds;
  }

 private:
  cudaEvent_t start_ = nullptr, end_ = nullptr;
};

/// What the last call came to. NaN where something was left out.
struct Outcome {
  double loss, largest;  ///< a mean loss or mean square; the largest gradient
};

/// `poison()` fills what calls have to write with NaN, so that what they leave out shows; `call()` does the work once;
/// `outcome()` looks at it. Calls alone are timed.
template <class Poison, class Call, class Look>
int serve(std::size_t parameters, const std::string& name, const Poison& poison, const Call& call,
          const Look& outcome) {
  std::printf("ready %zu %s\n", parameters, name.c_str());
  std::fflush(stdout);
  for (unsigned long calls = 0; std::scanf("%lu", &calls) == 1;) {
    poison();
    Stopwatch watch;
    for (unsigned long i = 0; i < calls; ++i) call();
    const double seconds = watch.seconds() / static_cast<double>(calls);
    const Outcome last = outcome();
    std::printf("%.9f %.9g %.3e\n", seconds, last.loss, last.largest);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace odot::benchmarks
