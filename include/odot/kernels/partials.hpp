#pragma once
// SPDX-License-Identifier: MIT
// Partial sums of a gradient, one per chunk of the batch, and their sum: in double precision and in a fixed order.

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

  /// The arrays, one after the other.
  const Scalar* data() const { return data_; }

  /// total[i] += partial₀[offset + i] + partial₁[offset + i] + …, i < count: always in this order.
  void add_to(int threads, Scalar* total, std::size_t offset, std::size_t count) const {
    each_sum(threads, offset, count, [total](std::size_t i, double sum) { total[i] += static_cast<Scalar>(sum); });
  }

  /// partial₀ + partial₁ + …, in the memory of the first one.
  Scalar* sum(int threads) const {
    each_sum(threads, 0, size_, [this](std::size_t i, double sum) { data_[i] = static_cast<Scalar>(sum); });
    return data_;
  }

 private:
  /// store(i, partial₀[offset + i] + partial₁[offset + i] + …) for every i < count.
  template <class Store>
  void each_sum(int threads, std::size_t offset, std::size_t count, const Store& store) const {
    constexpr std::size_t block = 64;
    if (chunks_ == 0) return;
    const Chunks pieces(count, std::size_t{1} << 14);
    parallel_for(threads, pieces.count(), [&](std::size_t piece, std::size_t) {
      for (std::size_t i = pieces.begin(piece); i < pieces.end(piece); i += block) {
        const std::size_t size = (std::min)(block, pieces.end(piece) - i);
        double sums[block] = {};
        for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
          const Scalar* partial = data_ + chunk * size_ + offset + i;
          for (std::size_t k = 0; k < size; ++k) sums[k] += static_cast<double>(partial[k]);
        }
        for (std::size_t k = 0; k < size; ++k) store(i + k, sums[k]);
      }
    });
  }

  Scalar* data_;
  std::size_t chunks_, size_;
};

}  // namespace odot::kernels
