#pragma once
// SPDX-License-Identifier: MIT
// Loader: a dataset's batches in a device's memory, gathered there.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/batches.hpp"
#include "odot/data/dataset.hpp"
#include "odot/kernels/gather.hpp"

namespace odot::data {

/// A host's array where a device's kernels can read it: itself if their memory is the host's, else a copy. The array must outlive it.
template <class T, DeviceType Device>
class Resident {
 public:
  explicit Resident(std::span<const T> host) {
    if constexpr (Device::host_accessible) {
      data_ = host.data();
    } else {
      copy_ = Buffer<T, Device>(host.size());
      refresh(host);
    }
  }

  /// After the array has changed.
  void refresh(std::span<const T> host) {
    if constexpr (!Device::host_accessible) {
      copy_.from_host(host.data());
      data_ = copy_.data();
    }
  }

  const T* data() const { return data_; }

 private:
  const T* data_ = nullptr;
  Buffer<T, Device> copy_;
};

/// What a network is trained with: samples, what the loss compares their outputs with, valid lengths of sequences (null:
/// all). Memory of the device; valid until the next load.
template <ShapeType S, class Target, class Scalar, DeviceType Device>
struct Loaded {
  BatchView<S, const Scalar, Device> x;
  std::span<const Target> targets;
  const std::int32_t* lengths = nullptr;
};

/// The batches of a set of samples, one at a time. Specialised for every kind of set, yours too; the set has size(), and
/// all loaders have
///     using shape, target;
///     static constexpr std::size_t targets;      of a sample
///     Loader(set, batch_size)              the set must outlive the loader
///     count(), size(i), shuffle(seed, epoch)     as Batches
///     load(i, workspace) → Loaded
template <class Set, class Scalar, DeviceType Device>
class Loader;

/// A set that fit and evaluate take.
template <class Set, class Scalar, class Device>
concept Loadable = requires(const Set& set, Workspace<Device>& workspace, Loader<Set, Scalar, Device>& loader) {
  { set.size() } -> std::convertible_to<std::size_t>;
  requires ShapeType<typename Loader<Set, Scalar, Device>::shape>;
  typename Loader<Set, Scalar, Device>::target;
  { Loader<Set, Scalar, Device>::targets } -> std::convertible_to<std::size_t>;
  Loader<Set, Scalar, Device>(set, std::size_t{1});
  { loader.count() } -> std::convertible_to<std::size_t>;
  { loader.size(std::size_t{}) } -> std::convertible_to<std::size_t>;
  loader.load(std::size_t{}, workspace).targets;
};

/// Images: bytes stay bytes in the device's memory, and become numbers 0 … 1 where a batch is gathered.
template <ShapeType S, class Scalar, DeviceType Device>
class Loader<Dataset<S>, Scalar, Device> {
 public:
  using shape = S;
  using target = std::int32_t;
  static constexpr std::size_t targets = 1;

  /// Errors  as Batches'
  Loader(const Dataset<S>& set, std::size_t batch_size)
      : batches_(set, batch_size), pixels_(set.pixels), labels_(set.labels), order_(batches_.order()), x_(batch_size),
        targets_(batch_size) {}

  std::size_t count() const { return batches_.count(); }
  std::size_t size(std::size_t i) const { return batches_.size(i); }

  void shuffle(Seed seed, std::uint64_t epoch) {
    batches_.shuffle(seed, epoch);
    order_.refresh(batches_.order());
  }

  /// Batch i < count().
  Loaded<S, target, Scalar, Device> load(std::size_t i, Workspace<Device>& workspace) {
    using Gather = kernels::Gather<Device>;
    const std::size_t samples = size(i);
    const std::size_t* chosen = order_.data() + (batches_.samples(i).data() - batches_.order().data());
    Gather::pixels(workspace, pixels_.data(), S::size, chosen, samples, x_.data());
    Gather::rows(workspace, labels_.data(), 1, chosen, samples, targets_.data());
    return {{x_.data(), samples}, {targets_.data(), samples}};
  }

 private:
  Batches<S> batches_;
  Resident<std::uint8_t, Device> pixels_;
  Resident<std::int32_t, Device> labels_;
  Resident<std::size_t, Device> order_;
  Batch<S, Scalar, Device> x_;
  Buffer<std::int32_t, Device> targets_;
};

}  // namespace odot::data
