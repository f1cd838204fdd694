#pragma once
// SPDX-License-Identifier: MIT
// Loader: the batches of a set in a device's memory, gathered there; batch_of: a set as one batch.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/current_workspace.hpp"
#include "odot/core/error.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/batch_order.hpp"
#include "odot/data/dataset.hpp"
#include "odot/kernels/gather.hpp"

namespace odot::data {

/// A host's array in a device's reach: the array itself if the device reads the host's memory,
/// otherwise a copy. The array must outlive it.
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

  /// To be called after the array has changed.
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

/// A batch: samples, what the loss compares their outputs with, valid lengths of sequences (null: all tokens are
/// valid). Memory of the device; valid until the next load.
template <ShapeType S, class Target, class Scalar, DeviceType Device>
struct Loaded {
  BatchView<S, const Scalar, Device> x;
  std::span<const Target> targets;
  const std::int32_t* lengths = nullptr;
};

/// The batches of a set, one at a time. The specialisation for Dataset is below. For your own set,
/// which has size(), write one with
///     using shape, target;
///     static constexpr std::size_t targets;              of a sample
///     Loader(set, batch_size)                            the set must outlive the loader
///     count(), size(i), shuffle(seed, epoch)             as BatchOrder, which does them for you
///     load(i, workspace) → Loaded<shape, target, Scalar, Device>
/// Then fit and evaluate take the set (docs/data.md).
template <class Set, class Scalar = float, DeviceType Device = Cpu>
class Loader;

template <class Set>
Loader(const Set&, std::size_t) -> Loader<Set>;

/// The number type of the samples that a set's loader loads.
template <class Set, class Scalar, class Device>
using SampleNumber = typename decltype(std::declval<Loader<Set, Scalar, Device>&>()
                                           .load(std::size_t{}, std::declval<Workspace<Device>&>())
                                           .x)::scalar;

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

namespace detail {

/// What a stored value becomes in a batch: an index stays an index, everything else becomes the network's scalar.
template <class Value, class Scalar>
using LoadedNumber = std::conditional_t<std::is_same_v<Value, std::int32_t>, std::int32_t, Scalar>;

/// out[n] = sample chosen[n]; bytes become 0 … 1.
template <class Device, class Value, class Number>
void gather_samples(Workspace<Device>& workspace, const Value* values, std::size_t width, const std::size_t* chosen,
                    std::size_t count, Number* out) {
  if constexpr (std::is_same_v<Value, std::uint8_t>)
    kernels::Gather<Device>::pixels(workspace, values, width, chosen, count, out);
  else kernels::Gather<Device>::rows(workspace, values, width, chosen, count, out);
}

}  // namespace detail

/// Batches of a Dataset, in the set's own order until shuffled. The device's memory holds the set as it is stored.
/// Values become numbers when a batch is gathered: bytes become value / 255, others stay what they are.
///     data::Loader batches(train, 64);          of floats on the Cpu; or Loader<decltype(train), double, Gpu>
///     for (std::size_t b = 0; b < batches.count(); ++b) {
///       const auto batch = batches.load(b);
///       network.compute_gradients(batch.x, batch.targets);
///     }
template <ShapeType S, class Value, class Target, class Scalar, DeviceType Device>
class Loader<Dataset<S, Value, Target>, Scalar, Device> {
  using Set = Dataset<S, Value, Target>;
  using Stored = typename Set::target_number;

 public:
  using shape = S;
  using number = detail::LoadedNumber<Value, Scalar>;  ///< what the samples consist of
  using target = std::conditional_t<std::is_same_v<Stored, std::int32_t>, std::int32_t, Scalar>;
  static constexpr std::size_t targets = Set::target_shape::size;

  /// Errors  ArgumentError: batch size 0 or larger than the set; values, targets or lengths for different numbers of
  ///         samples
  Loader(const Set& set, std::size_t batch_size)
      : batches_(detail::whole(set).name, set.size(), batch_size), values_(set.values), stored_(set.targets),
        all_lengths_(set.lengths), order_(batches_.order()), x_(batch_size), targets_(batch_size * targets),
        lengths_(set.lengths.empty() ? 0 : batch_size) {}
  Loader(const Set&& temporary, std::size_t batch_size) = delete;

  /// Number of batches; number of samples in batch i < count(). The last batch holds what remains.
  std::size_t count() const { return batches_.count(); }
  std::size_t size(std::size_t i) const { return batches_.size(i); }

  /// The numbers in the set of the samples of batch i < count().
  std::span<const std::size_t> samples(std::size_t i) const { return batches_.samples(i); }

  /// Draws the order of an epoch. It depends on (seed, epoch) alone, not on what was shuffled before.
  void shuffle(Seed seed, std::uint64_t epoch) {
    batches_.shuffle(seed, epoch);
    order_.refresh(batches_.order());
  }

  /// Batch i. Throws ArgumentError unless i < count(). Allocates nothing after the first call.
  Loaded<S, target, number, Device> load(std::size_t i, Workspace<Device>& workspace) {
    return load(i, workspace, [&](const Value* values, const std::size_t* chosen, std::size_t samples, number* x) {
      detail::gather_samples(workspace, values, S::size, chosen, samples, x);
    });
  }
  /// The same for samples that are computed from the set's: make(values, chosen, samples, x) writes to x what it makes
  /// of the samples with the numbers `chosen`; all pointers are to the device's memory.
  template <class Make>
  Loaded<S, target, number, Device> load(std::size_t i, Workspace<Device>& workspace, const Make& make) {
    using Gather = kernels::Gather<Device>;
    require_batch(i);
    const std::size_t samples = size(i);
    const std::size_t* chosen = order_.data() + (batches_.samples(i).data() - batches_.order().data());
    make(values_.data(), chosen, samples, x_.data());
    Gather::rows(workspace, stored_.data(), targets, chosen, samples, targets_.data());
    if (!lengths_.empty()) Gather::rows(workspace, all_lengths_.data(), 1, chosen, samples, lengths_.data());
    return {{x_.data(), samples}, {targets_.data(), samples * targets}, lengths_.data()};
  }
  /// The same with the thread's current workspace.
  Loaded<S, target, number, Device> load(std::size_t i) { return load(i, current_workspace<Device>()); }

 private:
  void require_batch(std::size_t i) const {
    if (i >= count())
      throw ArgumentError("odot::data::Loader::load: there is no batch " + std::to_string(i) + "; batches are 0 to " +
                          std::to_string(count() - 1));
  }

  BatchOrder batches_;
  Resident<Value, Device> values_;
  Resident<Stored, Device> stored_;
  Resident<std::int32_t, Device> all_lengths_;
  Resident<std::size_t, Device> order_;
  Batch<S, number, Device> x_;
  Buffer<target, Device> targets_;
  Buffer<std::int32_t, Device> lengths_;
};

/// All samples of a set as one batch, in order, as a loader makes them.
///     network.predict(data::batch_of(test.first(16)))
/// Errors  ArgumentError: values, targets or lengths for different numbers of samples
template <class Scalar = float, DeviceType Device = Cpu, ShapeType S, class Value, class Target>
Batch<S, detail::LoadedNumber<Value, Scalar>, Device> batch_of(const Dataset<S, Value, Target>& set) {
  Batch<S, detail::LoadedNumber<Value, Scalar>, Device> batch(detail::whole(set).size());
  if (batch.samples() == 0) return batch;
  std::vector<std::size_t> all(batch.samples());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Resident<Value, Device> values(set.values);
  const Resident<std::size_t, Device> order(all);
  detail::gather_samples(current_workspace<Device>(), values.data(), S::size, order.data(), all.size(), batch.data());
  return batch;
}

}  // namespace odot::data
