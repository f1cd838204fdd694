#pragma once
// SPDX-License-Identifier: MIT
// augmented, mixed: a set of pictures that are a little different in every epoch.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/current_workspace.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/random.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/batch_order.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/loader.hpp"
#include "odot/kernels/augment.hpp"

namespace odot::data {

using kernels::Border;

/// How pictures are changed, in this order: mirrored, rotated, shifted, painted over, normalised. With the defaults
/// they stay as they are.
struct AugmentOptions {
  double flip = 0;               ///< probability of mirroring left and right
  double rotation = 0;           ///< largest angle about the centre, in degrees, in either direction; bilinear
  std::size_t shift = 0;         ///< largest distance in pixels along each axis: a random crop of the padded picture
  Border border = Border::fill;  ///< pixels from outside: `fill`, the edge's pixels, or the mirror image
  std::size_t cutout = 0;        ///< side in pixels of a square that is painted over; its centre is anywhere
  double fill = 0;  ///< value of pixels from outside or painted over, in a network's units: 0 to 1 for bytes
  std::vector<double> mean = {};       ///< of each channel; with `deviation`: pixels become (x − mean)/deviation
  std::vector<double> deviation = {};  ///< of each channel; none: no normalisation
};

struct MixOptions {
  double alpha = 0.2;           ///< shares of a picture and its partner are drawn from Beta(alpha, alpha)
  AugmentOptions augment = {};  ///< both are changed like this before
};

/// A set whose pictures are changed when they are loaded: see augmented.
template <class Set>
struct Augmented {
  using shape = typename Set::shape;
  const Set* set;
  AugmentOptions options;
  std::span<const std::int32_t> targets;

  std::size_t size() const { return set->size(); }
};

/// A set whose pictures are mixed when they are loaded: see mixed.
template <class Set, std::size_t Classes>
struct Mixed {
  using shape = typename Set::shape;
  const Set* set;
  MixOptions options;

  std::size_t size() const { return set->size(); }
};

/// Labelled pictures that are changed at random when they are loaded. The change depends on fit's seed, the epoch and
/// the sample's number alone. So every picture of every epoch is the same in any batch, on any number of threads and on
/// every device (to rounding if it is rotated). A loader that is not shuffled, as in evaluations, only normalises.
///     fit(network, adam, data::augmented(train, {.flip = 0.5, .shift = 2}), test, options);
/// The set must outlive what is made of it.
/// Shapes  samples [channels, height, width], bytes or floats
/// Errors  ArgumentError, when it is loaded: a probability outside 0 to 1; an angle above 180 or not finite; a shift or
///         cut-out as large as the picture; a fill that is not finite; not one mean and one positive deviation per
///         channel
/// Source  DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017
template <ShapeType S, class Value>
Augmented<Dataset<S, Value>> augmented(const Dataset<S, Value>& set, AugmentOptions options) {
  return {&set, std::move(options), set.targets};
}
template <ShapeType S, class Value>
void augmented(const Dataset<S, Value>&&, AugmentOptions) = delete;

/// The same with mixed pictures: share · picture + (1 − share) · partner, where the partner is any picture of the set.
/// The targets are the labels' probabilities in the same shares. The loss is nn::SoftCrossEntropy.
///     fit(network, adam, nn::SoftCrossEntropy{}, data::mixed<10>(train, {.alpha = 0.2}), test, options);
/// Errors  as augmented; ArgumentError: an alpha that is not positive; a label outside the classes
/// Source  Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization", 2018; with one share per
///         sample
template <std::size_t Classes, ShapeType S, class Value>
Mixed<Dataset<S, Value>, Classes> mixed(const Dataset<S, Value>& set, MixOptions options) {
  return {&set, std::move(options)};
}
template <std::size_t Classes, ShapeType S, class Value>
void mixed(const Dataset<S, Value>&&, MixOptions) = delete;

namespace detail {

inline constexpr std::uint64_t augment_stream = 0x6175'676Dull << 32;  // "augm", then the epoch
inline constexpr std::uint64_t mix_stream = 0x6D69'7875ull << 32;      // "mixu", then the epoch

/// Throws unless the options fit pictures of `channels` × `height` × `width`.
ODOT_COLD inline void require_augmentation(const AugmentOptions& o, std::size_t channels, std::size_t height,
                                           std::size_t width) {
  const auto demand = [](bool good, const std::string& what, double found) {
    if (!good) throw ArgumentError("odot::data::augmented: " + what + ", found " + number_text::shortest(found));
  };
  constexpr double largest = (std::numeric_limits<double>::max)();
  const std::size_t least = (std::min)(height, width);
  demand(o.flip >= 0 && o.flip <= 1, "flip: expected a probability from 0 to 1", o.flip);
  demand(o.rotation >= 0 && o.rotation <= 180, "rotation: expected 0 to 180 degrees", o.rotation);
  demand(o.shift < least, "shift: expected fewer than " + std::to_string(least) + " pixels",
         static_cast<double>(o.shift));
  demand(o.cutout < least, "cutout: expected fewer than " + std::to_string(least) + " pixels",
         static_cast<double>(o.cutout));
  demand(o.fill >= -largest && o.fill <= largest, "fill: expected a finite number", o.fill);
  if (o.mean.empty() && o.deviation.empty()) return;
  for (const std::vector<double>* numbers : {&o.mean, &o.deviation})
    demand(numbers->size() == channels,
           "expected a mean and a deviation for each of " + std::to_string(channels) + " channels",
           static_cast<double>(numbers->size()));
  for (const double m : o.mean) demand(m >= -largest && m <= largest, "mean: expected finite numbers", m);
  for (const double d : o.deviation) demand(d > 0 && d <= largest, "deviation: expected positive numbers", d);
}

/// How sample `n` is changed in an epoch; `random` is the epoch's stream.
inline kernels::PictureChange picture_change(const AugmentOptions& o, std::size_t height, std::size_t width,
                                             const Random& random, std::size_t n) {
  const auto number = [&](std::uint64_t which) { return random.uniform(std::uint64_t{n} * 8 + which); };
  const auto within = [&](std::uint64_t which, std::size_t count) {
    return static_cast<std::int32_t>(random.below(count, std::uint64_t{n} * 8 + which));
  };
  kernels::PictureChange change;
  if (o.flip > 0) change.flip = number(0) < o.flip;
  if (o.rotation > 0) {
    const double angle = (2 * number(1) - 1) * o.rotation * std::numbers::pi / 180;
    change.cosine = static_cast<float>(std::cos(angle));
    change.sine = static_cast<float>(std::sin(angle));
  }
  if (o.shift > 0) {
    change.down = within(2, 2 * o.shift + 1) - static_cast<std::int32_t>(o.shift);
    change.right = within(3, 2 * o.shift + 1) - static_cast<std::int32_t>(o.shift);
  }
  if (o.cutout > 0) {
    change.cut_top = within(4, height) - static_cast<std::int32_t>(o.cutout / 2);
    change.cut_left = within(5, width) - static_cast<std::int32_t>(o.cutout / 2);
  }
  return change;
}

/// A number drawn from Gamma(shape, 1), up to a factor that cancels in Beta; `index` counts the random numbers used.
/// Source  Marsaglia, Tsang, "A simple method for generating gamma variables", 2000
inline double gamma_number(double shape, const Random& random, std::uint64_t& index) {
  if (shape < 1) {
    const double larger = gamma_number(shape + 1, random, index);
    return larger * std::pow(random.uniform(index++), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(index++), u = random.uniform(index++), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(u) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

/// What sample `n` of `samples` is mixed with in an epoch.
inline kernels::Mixture mixture(double alpha, std::size_t samples, const Random& random, std::size_t n) {
  std::uint64_t index = std::uint64_t{n} << 16;
  kernels::Mixture result;
  result.partner = static_cast<std::size_t>(random.below(samples, index++));
  const double a = gamma_number(alpha, random, index), b = gamma_number(alpha, random, index);
  const double share = a / (a + b);  // both may vanish where alpha is tiny
  result.share = static_cast<float>(std::isnan(share) ? 1.0 : share);
  return result;
}

/// An epoch's changes in a device's memory, and the pass that makes a batch's pictures.
template <ShapeType S, class Value, class Scalar, DeviceType Device>
class PictureMaker {
  static_assert(S::rank == 3, "odot::data::augmented: samples must be rank 3, [channels, height, width]");
  static constexpr std::size_t channels = S::extents[0], height = S::extents[1], width = S::extents[2];

 public:
  PictureMaker(const AugmentOptions& options, std::size_t samples)
      : options_(options), table_(samples), resident_(table_) {
    require_augmentation(options, channels, height, width);
    changes_ = options.flip > 0 || options.rotation > 0 || options.shift > 0 || options.cutout > 0;
    plan_.fill = static_cast<Scalar>(options.fill);
    plan_.border = options.border;
    if (options.mean.empty()) return;
    std::vector<Scalar> scales;
    for (std::size_t c = 0; c < channels; ++c) {
      scales.push_back(static_cast<Scalar>(options.mean[c]));
      scales.push_back(static_cast<Scalar>(options.deviation[c]));
    }
    scales_ = Buffer<Scalar, Device>(scales.size());
    scales_.from_host(scales.data());
    plan_.scales = scales_.data();
  }

  void draw(Seed seed, std::uint64_t epoch) {
    if (!changes_) return;
    const Random random(seed, augment_stream + epoch);
    for (std::size_t n = 0; n < table_.size(); ++n) table_[n] = picture_change(options_, height, width, random, n);
    resident_.refresh(table_);
    // Before the first draw nothing is rotated and nothing is painted over.
    plan_.turns = options_.rotation > 0;
    plan_.cut = static_cast<std::int32_t>(options_.cutout);
  }

  void make(Workspace<Device>& workspace, const kernels::Mixture* mixtures, const Value* values,
            const std::size_t* chosen, std::size_t count, Scalar* x) const {
    if (!changes_ && !plan_.scales && !mixtures) return gather_samples(workspace, values, S::size, chosen, count, x);
    kernels::AugmentPlan<Scalar> plan = plan_;
    plan.changes = resident_.data();
    plan.mixtures = mixtures;
    kernels::Augment<Device>::template pictures<channels, height, width>(workspace, plan, values, chosen, count, x);
  }

 private:
  AugmentOptions options_;
  std::vector<kernels::PictureChange> table_;  // one per sample
  Resident<kernels::PictureChange, Device> resident_;
  Buffer<Scalar, Device> scales_;
  kernels::AugmentPlan<Scalar> plan_;
  bool changes_ = false;
};

}  // namespace detail

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

/// Batches of mixed pictures with their labels' probabilities.
template <ShapeType S, class Value, std::size_t Classes, class Scalar, DeviceType Device>
class Loader<Mixed<Dataset<S, Value>, Classes>, Scalar, Device> {
  using Plain = Loader<Dataset<S, Value>, Scalar, Device>;

 public:
  using shape = S;
  using number = Scalar;
  using target = Scalar;
  static constexpr std::size_t targets = Classes;

  /// Errors  those of mixed and of a Dataset's loader
  Loader(const Mixed<Dataset<S, Value>, Classes>& of, std::size_t batch_size)
      : plain_(*of.set, batch_size), pictures_(of.options.augment, of.size()), alpha_(of.options.alpha),
        mixtures_(of.size()), resident_(mixtures_), labels_(of.set->targets), probabilities_(batch_size * Classes) {
    if (!(alpha_ > 0 && alpha_ <= 1e6))
      throw ArgumentError("odot::data::mixed: alpha: expected a number above 0, up to 1e6, found " +
                          number_text::shortest(alpha_));
    for (std::size_t n = 0; n < of.size(); ++n) {
      mixtures_[n].partner = n;
      if (const std::int32_t label = of.set->targets[n]; label < 0 || static_cast<std::size_t>(label) >= Classes)
        throw ArgumentError("odot::data::mixed: label of sample " + std::to_string(n) + " of \"" + of.set->name +
                            "\": expected 0 to " + std::to_string(Classes - 1) + ", found " + std::to_string(label));
    }
    resident_.refresh(mixtures_);
  }

  std::size_t count() const { return plain_.count(); }
  std::size_t size(std::size_t i) const { return plain_.size(i); }
  std::span<const std::size_t> samples(std::size_t i) const { return plain_.samples(i); }
  void shuffle(Seed seed, std::uint64_t epoch) {
    plain_.shuffle(seed, epoch);
    pictures_.draw(seed, epoch);
    const Random random(seed, detail::mix_stream + epoch);
    for (std::size_t n = 0; n < mixtures_.size(); ++n)
      mixtures_[n] = detail::mixture(alpha_, mixtures_.size(), random, n);
    resident_.refresh(mixtures_);
  }
  Loaded<S, target, Scalar, Device> load(std::size_t i, Workspace<Device>& workspace) {
    const auto hard =
        plain_.load(i, workspace, [&](const Value* values, const std::size_t* chosen, std::size_t count, Scalar* x) {
          pictures_.make(workspace, resident_.data(), values, chosen, count, x);
          kernels::Augment<Device>::mixed_labels(workspace, resident_.data(), labels_.data(), chosen, count, Classes,
                                                 probabilities_.data());
        });
    return {hard.x, {probabilities_.data(), hard.x.samples() * Classes}, nullptr};
  }
  Loaded<S, target, Scalar, Device> load(std::size_t i) { return load(i, current_workspace<Device>()); }

 private:
  Plain plain_;
  detail::PictureMaker<S, Value, Scalar, Device> pictures_;
  double alpha_;
  std::vector<kernels::Mixture> mixtures_;
  Resident<kernels::Mixture, Device> resident_;
  Resident<std::int32_t, Device> labels_;
  Buffer<Scalar, Device> probabilities_;
};

}  // namespace odot::data
