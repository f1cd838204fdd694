#pragma once
// SPDX-License-Identifier: MIT
// PictureMaker: the changed pictures of an epoch.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/random.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/augment_options.hpp"
#include "odot/data/loader.hpp"
#include "odot/kernels/augment.hpp"

namespace odot::data {

namespace detail {

inline constexpr std::uint64_t augment_stream = 0x6175'676Dull << 32;  // "augm", then the epoch

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
  if (o.crop < 1) {
    change.share = static_cast<float>(o.crop);
    change.top = static_cast<float>(number(6) * (1 - o.crop) * static_cast<double>(height - 1));
    change.left = static_cast<float>(number(7) * (1 - o.crop) * static_cast<double>(width - 1));
  }
  if (o.cutout > 0) {
    change.cut_top = within(4, height) - static_cast<std::int32_t>(o.cutout / 2);
    change.cut_left = within(5, width) - static_cast<std::int32_t>(o.cutout / 2);
  }
  return change;
}

/// The changes of an epoch in a device's memory, and the pass that makes a batch's pictures.
template <ShapeType S, class Value, class Scalar, DeviceType Device>
class PictureMaker {
  static_assert(S::rank == 3, "odot::data::augmented: samples must be rank 3, [channels, height, width]");
  static constexpr std::size_t channels = S::extents[0], height = S::extents[1], width = S::extents[2];

 public:
  PictureMaker(const AugmentOptions& options, std::size_t samples)
      : options_(options), table_(samples), resident_(table_) {
    require_augmentation(options, channels, height, width);
    changes_ = options.flip > 0 || options.rotation > 0 || options.shift > 0 || options.crop < 1 || options.cutout > 0;
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
    // Before the first draw nothing is rotated or painted over.
    plan_.rotates = options_.rotation > 0 || options_.crop < 1;
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

}  // namespace odot::data
