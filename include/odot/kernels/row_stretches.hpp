#pragma once
// SPDX-License-Identifier: MIT
// Sums of many rows that lose no more than a sum of few: a stretch of rows at a time, the stretches in double precision.

#include <algorithm>
#include <cstddef>

#include "odot/core/workspace.hpp"
#include "odot/kernels/long_sum.hpp"

namespace odot::kernels {

/// What a chunk of a batch adds to a gradient of `size` numbers, row by row. No more than `length` rows are added one after
/// the other in S, so the error is the same for any number of rows. Takes memory only where a chunk has more.
template <class S>
class RowStretches {
 public:
  /// `rows`: of the largest chunk. Memory comes from the frame, for every worker of the workspace.
  RowStretches(const Workspace<Cpu>& workspace, Workspace<Cpu>::Frame& frame, std::size_t rows, std::size_t size,
               std::size_t length = sum_stretch)
      : size_(size), length_(length),
        sums_(rows > length ? frame.take<double>(static_cast<std::size_t>(workspace.threads()) * size) : nullptr) {}

  /// total[i] = the sum of rows begin … end − 1; `total` is 0 at first. add(first, last, total) adds rows first … last − 1.
  template <class Add>
  void sum(std::size_t worker, std::size_t begin, std::size_t end, S* total, const Add& add) const {
    if (end - begin <= length_) return add(begin, end, total);
    double* const sums = sums_ + worker * size_;
    std::fill_n(sums, size_, 0.0);
    for (std::size_t first = begin; first < end; first += length_) {
      add(first, (std::min)(first + length_, end), total);
      for (std::size_t i = 0; i < size_; ++i) {
        sums[i] += static_cast<double>(total[i]);
        total[i] = S{0};
      }
    }
    for (std::size_t i = 0; i < size_; ++i) total[i] = static_cast<S>(sums[i]);
  }

 private:
  std::size_t size_, length_;
  double* sums_;  // [threads, size]
};

}  // namespace odot::kernels
