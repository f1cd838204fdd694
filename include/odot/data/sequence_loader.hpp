#pragma once
// SPDX-License-Identifier: MIT
// The loaders of Sequences and Windows.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "odot/core/error.hpp"
#include "odot/data/batch_order.hpp"
#include "odot/data/loader.hpp"
#include "odot/data/sequences.hpp"
#include "odot/data/windows.hpp"

namespace odot::data {

namespace detail {

/// Throws unless there are `each` of `what` for every one of `samples`.
inline void require_each(const std::string& set, const char* what, std::size_t found, std::size_t samples,
                         std::size_t each) {
  if (found != samples * each)
    throw ArgumentError("odot::data::Loader of \"" + set + "\": " + std::to_string(samples) + " samples need " +
                        std::to_string(samples * each) + " " + what + ", but there are " + std::to_string(found));
}

/// What both loaders share: values [N, S...] and targets [N, each], gathered by batch.
template <ShapeType S, class Stored, class Target, std::size_t Each, class Scalar, DeviceType Device>
class GatheredSequences {
 public:
  using shape = S;
  using target = Target;
  static constexpr std::size_t targets = Each;  ///< a sample

  std::size_t count() const { return batches_.count(); }
  std::size_t size(std::size_t i) const { return batches_.size(i); }

  void shuffle(Seed seed, std::uint64_t epoch) {
    batches_.shuffle(seed, epoch);
    order_.refresh(batches_.order());
  }

 protected:
  GatheredSequences(const std::string& name, std::span<const float> values, std::span<const Stored> stored,
                    std::size_t samples, std::size_t batch_size)
      : batches_(name, samples, batch_size), values_(values), stored_(stored), order_(batches_.order()), x_(batch_size),
        targets_(batch_size * Each) {
    require_each(name, "values", values.size(), samples, S::size);
    require_each(name, "targets", stored.size(), samples, Each);
  }

  /// The numbers in the set, memory of the device, of batch i's samples.
  const std::size_t* chosen(std::size_t i) const {
    return order_.data() + (batches_.samples(i).data() - batches_.order().data());
  }

  Loaded<S, Target, Scalar, Device> gather(std::size_t i, Workspace<Device>& workspace) {
    using Gather = kernels::Gather<Device>;
    const std::size_t samples = size(i);
    Gather::rows(workspace, values_.data(), S::size, chosen(i), samples, x_.data());
    Gather::rows(workspace, stored_.data(), Each, chosen(i), samples, targets_.data());
    return {{x_.data(), samples}, {targets_.data(), samples * Each}};
  }

 private:
  BatchOrder batches_;
  Resident<float, Device> values_;
  Resident<Stored, Device> stored_;
  Resident<std::size_t, Device> order_;
  Batch<S, Scalar, Device> x_;
  Buffer<Target, Device> targets_;
};

}  // namespace detail

/// Labelled sequences, with the lengths of every batch.
template <ShapeType S, class Scalar, DeviceType Device>
class Loader<Sequences<S>, Scalar, Device>
    : public detail::GatheredSequences<S, std::int32_t, std::int32_t, 1, Scalar, Device> {
 public:
  /// Errors  ArgumentError: as BatchOrder's; values or lengths that are not as many as the labels need
  Loader(const Sequences<S>& set, std::size_t batch_size)
      : Base(set.name, set.values, set.labels, set.size(), batch_size), all_lengths_(set.lengths),
        lengths_(batch_size) {
    detail::require_each(set.name, "lengths", set.lengths.size(), set.size(), 1);
  }

  /// Batch i < count().
  Loaded<S, std::int32_t, Scalar, Device> load(std::size_t i, Workspace<Device>& workspace) {
    auto batch = this->gather(i, workspace);
    kernels::Gather<Device>::rows(workspace, all_lengths_.data(), 1, this->chosen(i), this->size(i), lengths_.data());
    batch.lengths = lengths_.data();
    return batch;
  }

 private:
  using Base = detail::GatheredSequences<S, std::int32_t, std::int32_t, 1, Scalar, Device>;
  Resident<std::int32_t, Device> all_lengths_;
  Buffer<std::int32_t, Device> lengths_;
};

/// Sequences with numbers as targets.
template <ShapeType S, ShapeType T, class Scalar, DeviceType Device>
class Loader<Windows<S, T>, Scalar, Device>
    : public detail::GatheredSequences<S, float, Scalar, T::size, Scalar, Device> {
 public:
  /// Errors  ArgumentError: as BatchOrder's; values that are not as many as the targets need
  Loader(const Windows<S, T>& set, std::size_t batch_size)
      : detail::GatheredSequences<S, float, Scalar, T::size, Scalar, Device>(set.name, set.values, set.targets,
                                                                             set.size(), batch_size) {}

  /// Batch i < count().
  Loaded<S, Scalar, Scalar, Device> load(std::size_t i, Workspace<Device>& workspace) {
    return this->gather(i, workspace);
  }
};

}  // namespace odot::data
