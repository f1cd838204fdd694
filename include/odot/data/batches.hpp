#pragma once
// SPDX-License-Identifier: MIT
// Batches: a dataset cut into batches of floating-point samples, in an order that is a function of seed and epoch.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/parallel.hpp"
#include "odot/core/tensor.hpp"
#include "odot/data/batch_order.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// All samples of a dataset, `batch_size` at a time; the last batch holds what remains. The dataset must outlive it.
/// Errors  ArgumentError: batch size 0 or larger than the dataset; a dataset whose pixels do not fit its labels
template <ShapeType S>
class Batches : public BatchOrder {
 public:
  /// In the dataset's own order, until shuffled.
  Batches(const Dataset<S>& dataset, std::size_t batch_size);
  Batches(const Dataset<S>&& temporary, std::size_t batch_size) = delete;

  /// Fills `x` with pixel / 255 and `labels`, both resized to size(i). Allocates only where they must grow.
  /// `threads` = 0: default_threads(). Throws ArgumentError unless i < count().
  template <class Scalar>
  void load(std::size_t i, Batch<S, Scalar>& x, std::vector<std::int32_t>& labels, int threads = 0) const;

 private:
  const Dataset<S>* dataset_;
};

namespace detail {

template <ShapeType S>
const Dataset<S>& with_all_pixels(const Dataset<S>& dataset) {
  const std::string samples = std::to_string(dataset.size());
  if (dataset.pixels.size() != dataset.size() * S::size)
    throw ArgumentError("odot::data::Batches of \"" + dataset.name + "\": " + samples + " labels need " + samples +
                        " × " + S::to_string() + " pixels, " + std::to_string(dataset.size() * S::size) +
                        ", but there are " + std::to_string(dataset.pixels.size()));
  return dataset;
}

}  // namespace detail

template <ShapeType S>
Batches<S>::Batches(const Dataset<S>& dataset, std::size_t batch_size)
    : BatchOrder(detail::with_all_pixels(dataset).name, dataset.size(), batch_size), dataset_(&dataset) {}

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
