#pragma once
// SPDX-License-Identifier: MIT
// Colours for numbers.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "odot/io/picture.hpp"

namespace odot::io {

/// How numbers become colours.
enum class ColourMap {
  grey,        ///< black to white
  sequential,  ///< dark violet, blue, green, yellow: lightness grows evenly, so that it also reads in grey
  diverging,   ///< blue below zero, white at zero, red above
};

namespace detail {

/// Lightness 0 … 1, chroma, hue in degrees. Colours outside of what a screen shows are clipped.
/// Source  Ottosson, "A perceptual color space for image processing" (Oklab), 2020
inline Colour from_oklch(double lightness, double chroma, double hue) {
  const double angle = hue * std::numbers::pi / 180;
  const double a = chroma * std::cos(angle), b = chroma * std::sin(angle);
  const auto cube = [](double v) { return v * v * v; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  const auto byte = [](double linear) {
    const double v = std::clamp(linear, 0.0, 1.0);
    return static_cast<std::uint8_t>(
        std::lround(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055)));
  };
  return {byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

}  // namespace detail

/// The colour at a place of the map, from 0, its first, to 1, its last; places outside have the end's.
inline Colour colour_at(ColourMap map, double place) {
  const double t = std::clamp(place, 0.0, 1.0), signed_place = 2 * t - 1, size = std::abs(signed_place);
  switch (map) {
    case ColourMap::sequential:
      return detail::from_oklch(0.25 + 0.67 * t, 0.12 - 0.045 * std::sin(std::numbers::pi * t) + 0.05 * t * t,
                                305 - 200 * t);
    case ColourMap::diverging:
      return detail::from_oklch(0.98 - 0.50 * size, 0.17 * size, signed_place < 0 ? 258 : 27);
    case ColourMap::grey:
      break;
  }
  const auto grey = static_cast<std::uint8_t>(std::lround(255 * t));
  return {grey, grey, grey};
}

}  // namespace odot::io
