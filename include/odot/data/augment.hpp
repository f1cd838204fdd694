#pragma once
// SPDX-License-Identifier: MIT
// augmented: a set of pictures that are a little different in every epoch.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/current_workspace.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/augment_options.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/loader.hpp"
#include "odot/data/picture_maker.hpp"

namespace odot::data {

/// A set whose pictures are changed when they are loaded: see augmented.
template <class Set>
struct Augmented {
  using shape = typename Set::shape;
  const Set* set;
  AugmentOptions options;
  std::span<const std::int32_t> targets;

  std::size_t size() const { return set->size(); }
  ODOT_COLD Snapshot describe() const { return options.describe(); }
};

/// Labelled pictures that are changed at random when they are loaded. The change depends on fit's seed, the epoch and
/// the sample's number alone. So every picture of every epoch is the same in any batch, on any number of threads and on
/// every device (to rounding if it is rotated or cropped). A loader that is not shuffled, as in evaluations, only normalises.
///     fit(network, adam, data::augmented(train, {.flip = 0.5, .shift = 2}), test, options);
/// The set must outlive what is made of it.
/// Shapes  samples [channels, height, width], bytes or floats
/// Errors  ArgumentError, when it is loaded: a probability outside 0 to 1; an angle above 180 or not finite; a crop
///         outside 0 to 1, or of nothing; a shift or
///         cut-out as large as the picture; a fill that is not finite; not one mean and one positive deviation per
///         channel
/// Source  DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017
template <ShapeType S, class Value>
Augmented<Dataset<S, Value>> augmented(const Dataset<S, Value>& set, AugmentOptions options) {
  return {&set, std::move(options), set.targets};
}
template <ShapeType S, class Value>
void augmented(const Dataset<S, Value>&&, AugmentOptions) = delete;

/// Batches of changed pictures with their labels.
template <ShapeType S, class Value, class Scalar, DeviceType Device>
class Loader<Augmented<Dataset<S, Value>>, Scalar, Device> {
  using Plain = Loader<Dataset<S, Value>, Scalar, Device>;

 public:
  using shape = S;
  using number = Scalar;
  using target = std::int32_t;
  static constexpr std::size_t targets = 1;

  /// Errors  those of augmented and of a Dataset's loader
  Loader(const Augmented<Dataset<S, Value>>& of, std::size_t batch_size)
      : plain_(*of.set, batch_size), pictures_(of.options, of.size()) {}

  std::size_t count() const { return plain_.count(); }
  std::size_t size(std::size_t i) const { return plain_.size(i); }
  std::span<const std::size_t> samples(std::size_t i) const { return plain_.samples(i); }
  void shuffle(Seed seed, std::uint64_t epoch) {
    plain_.shuffle(seed, epoch);
    pictures_.draw(seed, epoch);
  }
  Loaded<S, target, Scalar, Device> load(std::size_t i, Workspace<Device>& workspace) {
    return plain_.load(i, workspace, [&](const Value* values, const std::size_t* chosen, std::size_t count, Scalar* x) {
      pictures_.make(workspace, nullptr, values, chosen, count, x);
    });
  }
  Loaded<S, target, Scalar, Device> load(std::size_t i) { return load(i, current_workspace<Device>()); }

 private:
  Plain plain_;
  detail::PictureMaker<S, Value, Scalar, Device> pictures_;
};

}  // namespace odot::data
