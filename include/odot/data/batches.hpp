#pragma once
// SPDX-License-Identifier: MIT
// Batches: a dataset cut into batches of floating-point samples, in an order that is a function of seed and epoch.

#include <algorithm>
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
#include "odot/core/tensor.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// All samples of a dataset, `batch_size` at a time; the last batch holds what remains. The dataset must outlive it.
/// Errors  ArgumentError: batch size 0 or larger than the dataset; a dataset whose pixels do not fit its labels
template <ShapeType S>
class Batches {
 public:
  /// In the dataset's own order, until shuffled.
  Batches(const Dataset<S>& dataset, std::size_t batch_size);
  Batches(const Dataset<S>&& temporary, std::size_t batch_size) = delete;

  /// Number of batches.
  std::size_t count() const { return chunks_.count(); }

  /// Number of samples in batch i, i < count().
  std::size_t size(std::size_t i) const { return chunks_.size(i); }

  /// The samples of batch i by their number in the dataset, i < count().
  std::span<const std::size_t> samples(std::size_t i) const { return {order_.data() + chunks_.begin(i), size(i)}; }

  /// All samples by their number in the dataset, batch after batch.
  std::span<const std::size_t> order() const { return order_; }

  /// Draws the order of an epoch. It depends on (seed, epoch) alone, not on what was shuffled before, so a run that
  /// resumes at epoch 7 sees the batches of a run that never stopped. Allocates nothing.
  void shuffle(Seed seed, std::uint64_t epoch);

  /// Fills `x` with pixel / 255 and `labels`, both resized to size(i). Allocates only where they must grow.
  /// `threads` = 0: default_threads(). Throws ArgumentError unless i < count().
  template <class Scalar>
  void load(std::size_t i, Batch<S, Scalar>& x, std::vector<std::int32_t>& labels, int threads = 0) const;

 private:
  const Dataset<S>* dataset_;
  Chunks chunks_;
  std::vector<std::size_t> order_;
};

namespace detail {

inline constexpr std::uint64_t shuffle_stream = 0x7368'7566ull << 32;  // "shuf", then the epoch

/// Fisher and Yates' shuffle: every permutation is equally likely.
/// Source  Knuth, "The Art of Computer Programming", vol. 2, section 3.4.2, algorithm P.
inline void permute(std::span<std::size_t> items, const Random& random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    const auto chosen = static_cast<std::size_t>(random.below(left, left));
    std::swap(items[left - 1], items[chosen]);
  }
}

template <ShapeType S>
void require_batch_size(const Dataset<S>& dataset, std::size_t batch_size) {
  const std::string where = "odot::data::Batches of \"" + dataset.name + "\": ";
  const std::string samples = std::to_string(dataset.size());
  if (dataset.pixels.size() != dataset.size() * S::size)
    throw ArgumentError(where + samples + " labels need " + samples + " × " + S::to_string() + " pixels, " +
                        std::to_string(dataset.size() * S::size) + ", but there are " +
                        std::to_string(dataset.pixels.size()));
  if (batch_size == 0 || batch_size > dataset.size())
    throw ArgumentError(where + "batch size " + std::to_string(batch_size) + " does not fit " + samples +
                        " samples; choose a batch size from 1 to the number of samples");
}

}  // namespace detail

template <ShapeType S>
Batches<S>::Batches(const Dataset<S>& dataset, std::size_t batch_size)
    : dataset_(&dataset), chunks_(dataset.size(), batch_size) {
  detail::require_batch_size(dataset, batch_size);
  order_.resize(dataset.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

template <ShapeType S>
void Batches<S>::shuffle(Seed seed, std::uint64_t epoch) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  detail::permute(order_, Random(seed, detail::shuffle_stream + epoch));
}

template <ShapeType S>
template <class Scalar>
void Batches<S>::load(std::size_t i, Batch<S, Scalar>& x, std::vector<std::int32_t>& labels, int threads) const {
  if (i >= count())
    throw ArgumentError("odot::data::Batches::load: there is no batch " + std::to_string(i) + "; batches are 0 to " +
                        std::to_string(count() - 1));
  const std::span<const std::size_t> chosen = samples(i);
  x.resize(chosen.size());
  labels.resize(chosen.size());
  const Chunks parts(chosen.size(), (std::size_t{1} << 16) / S::size);  // about 64 KiB of pixels each
  parallel_for(threads, parts.count(), [&](std::size_t part, std::size_t) {
    for (std::size_t n = parts.begin(part); n < parts.end(part); ++n) {
      const auto pixels = dataset_->sample(chosen[n]);
      std::transform(pixels.begin(), pixels.end(), x[n].data(),
                     [](std::uint8_t pixel) { return static_cast<Scalar>(pixel) / Scalar{255}; });
      labels[n] = dataset_->labels[chosen[n]];
    }
  });
}

}  // namespace odot::data
