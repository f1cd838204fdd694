#pragma once
// SPDX-License-Identifier: MIT
// reconstruction: a set whose targets are its samples, for autoencoders.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/config.hpp"
#include "odot/core/current_workspace.hpp"
#include "odot/core/random.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/loader.hpp"

namespace odot::data {

/// A set whose targets are its samples: see reconstruction.
template <class Set>
struct Reconstruction {
  using shape = typename Set::shape;
  const Set* set;

  std::size_t size() const { return set->size(); }
  ODOT_COLD auto describe() const
    requires requires { set->describe(); }
  {
    return set->describe();
  }
};

/// A set whose samples are their own targets, as a loader loads them; the set's targets do not matter. The loss must be
/// one for numbers, and the model's output must have as many elements as a sample.
///     fit<nn::MeanSquaredError>(network, adam, data::reconstruction(train), data::reconstruction(test), options);
/// In a reconstruction of data::augmented(train), each changed picture is its own target. The set must outlive it.
/// Shapes  samples [S...] → as many targets
/// Errors  those of the set's loader
template <class Set>
Reconstruction<Set> reconstruction(const Set& set) {
  return {&set};
}
template <class Set>
void reconstruction(const Set&&) = delete;

/// Batches of samples that are their own targets; nothing is copied.
template <class Set, class Scalar, DeviceType Device>
class Loader<Reconstruction<Set>, Scalar, Device> {
 public:
  using shape = typename Set::shape;
  using target = SampleNumber<Set, Scalar, Device>;
  static constexpr std::size_t targets = shape::size;

  Loader(const Reconstruction<Set>& of, std::size_t batch_size) : samples_(*of.set, batch_size) {}

  std::size_t count() const { return samples_.count(); }
  std::size_t size(std::size_t i) const { return samples_.size(i); }
  std::span<const std::size_t> samples(std::size_t i) const { return samples_.samples(i); }
  void shuffle(Seed seed, std::uint64_t epoch) { samples_.shuffle(seed, epoch); }
  Loaded<shape, target, target, Device> load(std::size_t i, Workspace<Device>& workspace) {
    const auto batch = samples_.load(i, workspace);
    return {batch.x, batch.x.span(), batch.lengths};
  }
  Loaded<shape, target, target, Device> load(std::size_t i) { return load(i, current_workspace<Device>()); }

 private:
  Loader<Set, Scalar, Device> samples_;
};

}  // namespace odot::data
