#pragma once
// SPDX-License-Identifier: MIT
// Partial sums of a gradient, one a chunk of the batch, and their sum in a fixed order.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/core/workspace.hpp"

namespace odot::kernels {

/// One array of `size` numbers per chunk, taken from a frame and cleared by the chunk that fills it.
template <class Scalar>
class Partials {
 public:
  Partials(Workspace<Cpu>::Frame& frame, std::size_t chunks, std::size_t size)
      : data_(frame.take<Scalar>(chunks * size)), chunks_(chunks), size_(size) {}

  /// The chunk's array, all zero.
  Scalar* start(std::size_t chunk) const {
    Scalar* partial = data_ + chunk * size_;
    std::fill_n(partial, size_, Scalar{0});
    return partial;
  }

  /// total[i] += partial₀[offset + i] + partial₁[offset + i] + …, i < count: always in this order.
  void add_to(int threads, Scalar* total, std::size_t offset, std::size_t count) const {
    add(threads, 0, total, offset, count);
  }

  /// partial₀ + partial₁ + …, in the memory of the first one.
  Scalar* sum(int threads) const {
    add(threads, 1, data_, 0, size_);
    return data_;
  }

 private:
  void add(int threads, std::size_t first, Scalar* total, std::size_t offset, std::size_t count) const {
    const Chunks pieces(count, std::size_t{1} << 14);
    parallel_for(threads, pieces.count(), [&](std::size_t piece, std::size_t) {
      for (std::size_t chunk = first; chunk < chunks_; ++chunk) {
        const Scalar* partial = data_ + chunk * size_ + offset;
        for (std::size_t i = pieces.begin(piece); i < pieces.end(piece); ++i) total[i] += partial[i];
      }
    });
  }

  Scalar* data_;
  std::size_t chunks_, size_;
};

}  // namespace odot::kernels
