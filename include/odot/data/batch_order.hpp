#pragma once
// SPDX-License-Identifier: MIT
// BatchOrder: the samples of a set cut into batches, in an order that is a function of seed and epoch.

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/parallel.hpp"
#include "odot/core/random.hpp"

namespace odot::data {

/// The numbers of all samples of a set, `batch_size` at a time; the last batch holds what remains.
/// Errors  ArgumentError, with the set's name: batch size 0 or larger than the set
class BatchOrder {
 public:
  /// In the set's own order until shuffled.
  BatchOrder(const std::string& set, std::size_t samples, std::size_t batch_size);

  /// Number of batches.
  std::size_t count() const { return chunks_.count(); }

  /// Number of samples in batch i, i < count().
  std::size_t size(std::size_t i) const { return chunks_.size(i); }

  /// The numbers in the set of batch i's samples, i < count().
  std::span<const std::size_t> samples(std::size_t i) const { return {order_.data() + chunks_.begin(i), size(i)}; }

  /// The numbers in the set of all samples, batch after batch.
  std::span<const std::size_t> order() const { return order_; }

  /// Draws the order of an epoch. It depends on (seed, epoch) alone, not on what was shuffled before. Allocates nothing.
  void shuffle(Seed seed, std::uint64_t epoch);

 private:
  Chunks chunks_;
  std::vector<std::size_t> order_;
};

namespace detail {

inline constexpr std::uint64_t shuffle_stream = 0x7368'7566ull << 32;   // "shuf", then the epoch
inline constexpr std::uint64_t hold_out_stream = 0x686F'6C64ull << 32;  // "hold", then the label

/// Fisher and Yates' shuffle: every permutation is equally likely.
/// Source  Knuth, "The Art of Computer Programming", vol. 2, section 3.4.2, algorithm P.
inline void permute(std::span<std::size_t> items, const Random& random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    const auto chosen = static_cast<std::size_t>(random.below(left, left));
    std::swap(items[left - 1], items[chosen]);
  }
}

ODOT_COLD inline std::size_t checked_batch_size(const std::string& set, std::size_t samples, std::size_t batch_size) {
  if (samples == 0) throw ArgumentError("odot::data: there are no batches of \"" + set + "\", which is empty");
  if (batch_size == 0 || batch_size > samples)
    throw ArgumentError("odot::data: batches of \"" + set + "\": batch size " + std::to_string(batch_size) +
                        " does not fit " + std::to_string(samples) +
                        " samples; choose a batch size from 1 to the number of samples");
  return batch_size;
}

}  // namespace detail

inline BatchOrder::BatchOrder(const std::string& set, std::size_t samples, std::size_t batch_size)
    : chunks_(samples, detail::checked_batch_size(set, samples, batch_size)), order_(samples) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

inline void BatchOrder::shuffle(Seed seed, std::uint64_t epoch) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  detail::permute(order_, Random(seed, detail::shuffle_stream + epoch));
}

}  // namespace odot::data
