#pragma once
// SPDX-License-Identifier: MIT
// A program measured at the pace of a driver (compare.py): it says what it is, then answers every line on standard
// input, a number of calls, with the seconds that one of them took and the loss after the last.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace odot::benchmarks {

/// `call()` does the work once; `loss()` is the mean loss of the last call, not timed.
template <class Call, class Loss>
int serve(std::size_t parameters, const std::string& name, const Call& call, const Loss& loss) {
  std::printf("ready %zu %s\n", parameters, name.c_str());
  std::fflush(stdout);
  for (unsigned long calls = 0; std::scanf("%lu", &calls) == 1;) {
    const auto start = std::chrono::steady_clock::now();
    for (unsigned long i = 0; i < calls; ++i) call();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%.9f %.6f\n", seconds.count() / static_cast<double>(calls), static_cast<double>(loss()));
    std::fflush(stdout);
  }
  return 0;
}

/// The compiler, by name and version.
inline std::string compiler() {
#ifdef __clang__
  return std::string("Clang ") + __clang_version__;
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

}  // namespace odot::benchmarks
