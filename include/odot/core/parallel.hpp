#pragma once
// SPDX-License-Identifier: MIT
// parallel_for over fixed chunks: threads come from OpenMP if the translation unit is compiled with it.

#include <algorithm>
#include <cstddef>
#include <exception>

#ifdef _OPENMP
#include <omp.h>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif
#endif

#include "odot/core/config.hpp"

namespace odot {

/// Threads that parallel_for uses when it is asked for 0: OpenMP's choice ($OMP_NUM_THREADS), or 1 without OpenMP.
inline int default_threads() {
#ifdef _OPENMP
  return (std::max)(1, omp_get_max_threads());
#else
  return 1;
#endif
}

/// a / b rounded up, whatever the numbers.
constexpr std::size_t ceil_divide(std::size_t a, std::size_t b) { return a / b + (a % b != 0 ? 1 : 0); }

/// `count` items cut into chunks whose bounds depend on nothing else. Work that is cut so and whose partial results are
/// added in the order of the chunks gives the same bits on any number of threads.
class Chunks {
 public:
  /// Chunks of `chunk_size` items; the last one may be smaller.
  constexpr Chunks(std::size_t count, std::size_t chunk_size)
      : count_(count), size_(std::max<std::size_t>(chunk_size, 1)) {}

  /// At most `most` chunks of equal size, a multiple of `unit` items; 0 counts as 1 in both.
  static constexpr Chunks at_most(std::size_t most, std::size_t count, std::size_t unit = 1) {
    if (unit == 0) unit = 1;
    return {count, ceil_divide(ceil_divide(count, unit), std::max<std::size_t>(most, 1)) * unit};
  }

  constexpr std::size_t count() const { return ceil_divide(count_, size_); }
  constexpr std::size_t chunk_size() const { return size_; }
  constexpr std::size_t begin(std::size_t chunk) const { return chunk * size_; }
  constexpr std::size_t end(std::size_t chunk) const { return begin(chunk) + size(chunk); }
  constexpr std::size_t size(std::size_t chunk) const { return (std::min)(size_, count_ - begin(chunk)); }

 private:
  std::size_t count_, size_;
};

namespace detail {

#ifdef _OPENMP
// One thread means one thread for the body too: Eigen would otherwise start OpenMP threads of its own inside a product,
// and its results depend on how many. The setting belongs to the calling thread alone.
struct SerialScope {
  int threads = omp_get_max_threads();
  SerialScope() { omp_set_num_threads(1); }
  ~SerialScope() { omp_set_num_threads(threads); }
};
// The same inside a team that OpenMP made of one thread only, against our wish.
struct LoneThreadScope {
  int threads = omp_get_num_threads() == 1 ? omp_get_max_threads() : 0;
  LoneThreadScope() {
    if (threads) omp_set_num_threads(1);
  }
  LoneThreadScope(const LoneThreadScope&) = delete;
  LoneThreadScope& operator=(const LoneThreadScope&) = delete;
  ~LoneThreadScope() {
    if (threads) omp_set_num_threads(threads);
  }
};
// Whether this process was forked from one in which parallel_for had already started threads. They are not in the
// child, and libgomp would wait for them for ever.
inline bool forked_from_threads() {
#if __has_include(<unistd.h>)
  static const auto first_process = getpid();
  return getpid() != first_process;
#else
  return false;
#endif
}
#else
struct SerialScope {};
#endif

}  // namespace detail

/// Calls body(chunk, worker) for every chunk in [0, chunks), worker in [0, threads). Which worker takes which chunk is
/// open, so a body may use the worker's number for scratch memory only. The first exception is rethrown at the end.
/// `threads` below 1: default_threads().
/// In a child forked after threads were used here, one thread does it all: same bits, no threads. (A child of a process
/// that used OpenMP elsewhere must ask for one thread itself: Workspace{1}.)
template <class Body>
void parallel_for(int threads, std::size_t chunks, const Body& body) {
  if (threads < 1) threads = default_threads();
  [[maybe_unused]] const int team = static_cast<int>((std::min)(chunks, static_cast<std::size_t>(threads)));
#ifdef _OPENMP
  if (team > 1 && !detail::forked_from_threads()) {
    std::exception_ptr failure;
#pragma omp parallel for num_threads(team) schedule(dynamic, 1)
    for (std::ptrdiff_t chunk = 0; chunk < static_cast<std::ptrdiff_t>(chunks); ++chunk) {
      try {
        [[maybe_unused]] const detail::LoneThreadScope alone;
        body(static_cast<std::size_t>(chunk), static_cast<std::size_t>(omp_get_thread_num()));
      } catch (...) {
#pragma omp critical(odot_parallel_for)
        if (!failure) failure = std::current_exception();
      }
    }
    if (failure) std::rethrow_exception(failure);
    return;
  }
#endif
  [[maybe_unused]] const detail::SerialScope serial;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) body(chunk, std::size_t{0});
}

}  // namespace odot
