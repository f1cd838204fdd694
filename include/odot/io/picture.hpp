#pragma once
// SPDX-License-Identifier: MIT
// Picture: bytes of pixels in memory, and what is done with whole pictures. Files: png.hpp, load_image.hpp.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/error.hpp"

namespace odot::io {

/// Red, green and blue, 0 to 255, as screens show them (sRGB).
using Colour = std::array<std::uint8_t, 3>;

inline constexpr Colour white{255, 255, 255}, black{0, 0, 0};

/// Pixels row by row from the top, each of one byte (grey) or three (red, green, blue).
struct Picture {
  std::size_t width = 0, height = 0, channels = 1;
  std::vector<std::uint8_t> bytes = {};  ///< [height, width, channels]

  /// One of a single colour. `channels`: 1 takes the colour's red as its grey.
  static Picture filled(std::size_t width, std::size_t height, std::size_t channels, const Colour& colour = black) {
    if (channels != 1 && channels != 3)
      throw ArgumentError("odot::io::Picture: expected 1 or 3 channels, found " + std::to_string(channels));
    const std::size_t row = checked_product("odot::io::Picture", width, channels);
    Picture picture{width, height, channels, {}};
    picture.bytes.resize(checked_product("odot::io::Picture", row, height));
    for (std::size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = colour[i % channels];
    return picture;
  }

  std::uint8_t* pixel(std::size_t x, std::size_t y) { return bytes.data() + (y * width + x) * channels; }
  const std::uint8_t* pixel(std::size_t x, std::size_t y) const { return bytes.data() + (y * width + x) * channels; }
  Colour colour(std::size_t x, std::size_t y) const {
    const std::uint8_t* const p = pixel(x, y);
    return channels == 1 ? Colour{p[0], p[0], p[0]} : Colour{p[0], p[1], p[2]};
  }

  bool operator==(const Picture&) const = default;
};

/// Throws ArgumentError, in the name of `function`, unless the picture has pixels, one or three channels, and as many
/// bytes as its extents say.
inline void require_whole(const char* function, const Picture& picture) {
  const auto [width, height, channels, bytes] =
      std::array{picture.width, picture.height, picture.channels, picture.bytes.size()};
  if (width > 0 && height > 0 && (channels == 1 || channels == 3) && bytes % (width * channels) == 0 &&
      bytes / (width * channels) == height)
    return;
  throw ArgumentError(std::string(function) +
                      ": expected a picture of 1 or 3 channels with height · width · channels " + "bytes, found " +
                      std::to_string(height) + " × " + std::to_string(width) + " × " + std::to_string(channels) +
                      " and " + std::to_string(bytes) + " bytes");
}

/// The same picture in colour; one that has colours is returned as it is.
inline Picture in_colour(Picture picture) {
  require_whole("odot::io::in_colour", picture);
  if (picture.channels == 3) return picture;
  Picture colours{picture.width, picture.height, 3, {}};
  colours.bytes.reserve(picture.bytes.size() * 3);
  for (const std::uint8_t grey : picture.bytes) colours.bytes.insert(colours.bytes.end(), 3, grey);
  return colours;
}

/// Each pixel as a square of `factor` × `factor`.
/// Errors  ArgumentError: a factor of 0;  a picture that is not whole
inline Picture magnified(const Picture& picture, std::size_t factor) {
  require_whole("odot::io::magnified", picture);
  if (factor == 0) throw ArgumentError("odot::io::magnified: the factor must be at least 1, found 0");
  Picture large = Picture::filled(checked_product("odot::io::magnified", picture.width, factor),
                                  checked_product("odot::io::magnified", picture.height, factor), picture.channels);
  for (std::size_t y = 0; y < large.height; ++y)
    for (std::size_t x = 0; x < large.width; ++x)
      std::copy_n(picture.pixel(x / factor, y / factor), picture.channels, large.pixel(x, y));
  return large;
}

/// `over` laid on `under`: (1 − opacity) · under + opacity · over, in colour.
/// Errors  ArgumentError: different extents;  an opacity outside 0 … 1
inline Picture blended(const Picture& under, const Picture& over, double opacity) {
  Picture result = in_colour(under);
  const Picture top = in_colour(over);
  if (top.width != result.width || top.height != result.height)
    throw ArgumentError("odot::io::blended: expected two pictures of the same extents, found " +
                        std::to_string(result.height) + " × " + std::to_string(result.width) + " and " +
                        std::to_string(top.height) + " × " + std::to_string(top.width));
  if (!(opacity >= 0 && opacity <= 1)) throw ArgumentError("odot::io::blended: the opacity must be from 0 to 1");
  for (std::size_t i = 0; i < result.bytes.size(); ++i)
    result.bytes[i] = static_cast<std::uint8_t>(std::lround((1 - opacity) * result.bytes[i] + opacity * top.bytes[i]));
  return result;
}

struct GridOptions {
  std::size_t columns = 0;  ///< pictures in a row; 0: about as many as rows
  std::size_t gap = 2;      ///< pixels between two pictures
  Colour background = white;
};

/// Pictures side by side, row by row, each in the middle of a cell of the largest one's extents. Grey if all are grey and
/// so is the background. (Labels belong in the page around it: a picture has no letters.)
/// Errors  ArgumentError: no picture, or one that is not whole
inline Picture grid(std::span<const Picture> pictures, const GridOptions& options = {}) {
  if (pictures.empty()) throw ArgumentError("odot::io::grid: there are no pictures");
  const auto [red, green, blue] = options.background;
  std::size_t width = 0, height = 0, channels = red == green && green == blue ? 1 : 3;
  for (const Picture& picture : pictures) {
    require_whole("odot::io::grid", picture);
    width = (std::max)(width, picture.width);
    height = (std::max)(height, picture.height);
    channels = (std::max)(channels, picture.channels);
  }
  std::size_t columns = options.columns;
  if (columns == 0)
    while (columns * columns < pictures.size()) ++columns;
  columns = (std::min)(columns, pictures.size());
  const std::size_t rows = (pictures.size() + columns - 1) / columns;
  const auto whole = [&](std::size_t count, std::size_t each) {
    return checked_product("odot::io::grid", count, each + options.gap) - options.gap;
  };
  Picture result = Picture::filled(whole(columns, width), whole(rows, height), channels, options.background);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const Picture& picture = pictures[i];
    const std::size_t left = i % columns * (width + options.gap) + (width - picture.width) / 2,
                      top = i / columns * (height + options.gap) + (height - picture.height) / 2;
    for (std::size_t y = 0; y < picture.height; ++y)
      for (std::size_t x = 0; x < picture.width; ++x) {
        const Colour colour = picture.colour(x, y);
        std::copy_n(colour.data(), channels, result.pixel(left + x, top + y));
      }
  }
  return result;
}

}  // namespace odot::io
