#pragma once
// SPDX-License-Identifier: MIT
// AugmentOptions: how pictures are changed.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/kernels/augment.hpp"

namespace odot::data {

using kernels::Border;

/// How pictures are changed, in this order: mirrored, rotated, shifted, cropped, painted over, normalised. With the defaults they stay
/// as they are.
struct AugmentOptions {
  double flip = 0;        ///< probability that left and right change places
  double rotation = 0;    ///< largest angle in degrees about the centre, in either direction; bilinear
  std::size_t shift = 0;  ///< pixels by up to which it moves along each axis: a random crop of the padded picture
  /// Share of each side that is seen: a part of the picture at a random place, enlarged to the picture's size; bilinear.
  double crop = 1;
  Border border = Border::fill;   ///< what moves in from outside: `fill`, the edge's pixels, or the mirror image
  std::size_t cutout = 0;         ///< side in pixels of a square that is painted over; its centre is anywhere
  double fill = 0;                ///< of pixels from outside or painted over, in a network's units: 0 to 1 for bytes
  std::vector<double> mean = {};  ///< of each channel; with `deviation`: pixels become (x − mean)/deviation
  std::vector<double> deviation = {};  ///< of each channel; none: they stay as they are

  /// What is not the default, as facts.
  ODOT_COLD ODOT_FUNCTION Snapshot describe() const;
};

#if ODOT_DEFINITIONS

ODOT_FUNCTION Snapshot AugmentOptions::describe() const {
  Snapshot facts;
  const auto add = [&facts](const char* name, double value) {
    if (value != 0) facts.set_fact(name, value);
  };
  const auto add_list = [&facts](const char* name, const std::vector<double>& values) {
    std::string text;
    for (const double value : values) text.append(text.empty() ? "" : " ").append(number_text::shortest(value));
    if (!text.empty()) facts.set_fact(name, std::move(text));
  };
  add("flip", flip);
  add("rotation", rotation);
  add("shift", static_cast<double>(shift));
  if (crop != 1) facts.set_fact("crop", crop);
  if (border != Border::fill) facts.set_fact("border", std::string(border == Border::edge ? "edge" : "reflect"));
  add("cutout", static_cast<double>(cutout));
  add("fill", fill);
  add_list("mean", mean);
  add_list("deviation", deviation);
  return facts;
}

#endif

namespace detail {

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
  demand(o.crop > 0 && o.crop <= 1, "crop: expected a share above 0 and up to 1", o.crop);
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

}  // namespace detail

}  // namespace odot::data
