#pragma once
// SPDX-License-Identifier: MIT
// mixed: a set of pictures that are mixed with others, in every epoch with different ones.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/config.hpp"
#include "odot/core/current_workspace.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/augment_options.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/loader.hpp"
#include "odot/data/picture_maker.hpp"
#include "odot/kernels/augment.hpp"

namespace odot::data {

struct MixOptions {
  double alpha = 0.2;           ///< shares of a picture and its partner are drawn from Beta(alpha, alpha)
  AugmentOptions augment = {};  ///< both are changed so before
};

/// A set whose pictures are mixed when they are loaded: see mixed.
template <class Set, std::size_t Classes>
struct Mixed {
  using shape = typename Set::shape;
  const Set* set;
  MixOptions options;

  std::size_t size() const { return set->size(); }
  ODOT_COLD Snapshot describe() const {
    Snapshot facts = options.augment.describe();
    facts.set_fact("mix_alpha", options.alpha);
    return facts;
  }
};

/// Pictures as those of data::augmented, mixed: share · picture + (1 − share) · partner, any picture of the set. The targets are
/// the labels' probabilities in the same shares; the loss is nn::SoftCrossEntropy.
///     fit(network, adam, nn::SoftCrossEntropy{}, data::mixed<10>(train, {.alpha = 0.2}), test, options);
/// Errors  as augmented; ArgumentError: an alpha that is not positive; a label that is none of the classes
/// Source  Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization", 2018; with a share for each sample
template <std::size_t Classes, ShapeType S, class Value>
Mixed<Dataset<S, Value>, Classes> mixed(const Dataset<S, Value>& set, MixOptions options) {
  return {&set, std::move(options)};
}
template <std::size_t Classes, ShapeType S, class Value>
void mixed(const Dataset<S, Value>&&, MixOptions) = delete;

namespace detail {

inline constexpr std::uint64_t mix_stream = 0x6D69'7875ull << 32;  // "mixu", then the epoch

/// A number of Gamma(shape, 1), up to a factor that Beta does not need; `index` counts the random numbers used.
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

}  // namespace detail

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
