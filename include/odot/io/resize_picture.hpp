#pragma once
// SPDX-License-Identifier: MIT
// Pictures of other extents: resized, cut out, fitted.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/io/picture.hpp"

namespace odot::io {

/// Resized to width × height: linear between pixels, and where it becomes smaller the mean under a triangle of twice a
/// new pixel's width, so that nothing aliases. Only whole numbers are added: the same bytes on every machine, and those of
/// Pillow's Image.resize with BILINEAR, which torchvision.transforms.Resize uses.
/// Errors  ArgumentError: an extent of 0;  a picture that is not whole
inline Picture resized(const Picture& picture, std::size_t width, std::size_t height);

/// The part of width × height pixels whose upper left pixel is (left, top).
/// Errors  ArgumentError: a part that is empty or reaches beyond the picture
inline Picture cropped(const Picture& picture, std::size_t left, std::size_t top, std::size_t width,
                       std::size_t height);

/// How a picture of one shape fills another.
enum class Fit {
  stretch,  ///< whole, in other proportions: torchvision's Resize((height, width))
  border,   ///< whole, in its own proportions, with borders of the background
  crop,     ///< in its own proportions, what is too wide or high cut off on both sides: Resize and CenterCrop
};

/// The picture in width × height. What has these extents already is not changed.
/// Errors  as resized
inline Picture fitted(const Picture& picture, std::size_t width, std::size_t height, Fit fit = Fit::stretch,
                      const Colour& background = white);

namespace detail {

/// One axis of a resizing: for each new pixel, the first old one and the weights of those from it on, in 2⁻²².
class ResizeWeights {
 public:
  static constexpr int bits = 22;
  static constexpr std::int64_t half = std::int64_t{1} << (bits - 1);  ///< which sums begin with, to be rounded

  ResizeWeights(std::size_t from, std::size_t to) : first_(to), weights_(to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), reach = (std::max)(scale, 1.0);
    for (std::size_t i = 0; i < to; ++i) {
      const double centre = (static_cast<double>(i) + 0.5) * scale;
      const auto begin = static_cast<std::size_t>((std::max)(0.0, centre - reach + 0.5));
      const auto end = (std::min)(from, static_cast<std::size_t>(centre + reach + 0.5));
      std::vector<double> shares;
      double sum = 0;
      for (std::size_t k = begin; k < end; ++k) {
        shares.push_back((std::max)(0.0, 1 - std::abs((static_cast<double>(k) - centre + 0.5) / reach)));
        sum += shares.back();
      }
      first_[i] = begin;
      for (const double share : shares)
        weights_[i].push_back(static_cast<std::int32_t>(std::lround(share / sum * (1 << bits))));
    }
  }

  /// New pixel i of the old ones at from[0], from[stride], …
  std::uint8_t at(std::size_t i, const std::uint8_t* from, std::size_t stride) const {
    std::int64_t sum = half;
    from += first_[i] * stride;
    for (const std::int32_t weight : weights_[i]) {
      sum += std::int64_t{weight} * *from;
      from += stride;
    }
    return byte_of(sum);
  }

  /// The old pixels that new pixel i is made of, and the weight of one of them.
  std::size_t begin(std::size_t i) const { return first_[i]; }
  std::size_t end(std::size_t i) const { return first_[i] + weights_[i].size(); }
  std::int32_t weight(std::size_t i, std::size_t k) const { return weights_[i][k - first_[i]]; }

  static std::uint8_t byte_of(std::int64_t sum) {
    return static_cast<std::uint8_t>((std::min)(sum >> bits, std::int64_t{255}));
  }

 private:
  std::vector<std::size_t> first_;
  std::vector<std::vector<std::int32_t>> weights_;
};

}  // namespace detail

inline Picture resized(const Picture& picture, std::size_t width, std::size_t height) {
  require_whole("odot::io::resized", picture);
  if (width == 0 || height == 0) throw ArgumentError("odot::io::resized: the new extents must be at least 1 × 1");
  const std::size_t channels = picture.channels, row = width * channels;
  const detail::ResizeWeights across(picture.width, width), down(picture.height, height);
  // One old row at a time, resized across and added to the new rows that it reaches: rows between would need more memory
  // than either picture where one is high and the other wide.
  std::vector<std::uint8_t> wide(row);
  std::vector<std::int64_t> sums(checked_product("odot::io::resized", row, height), detail::ResizeWeights::half);
  std::size_t first = 0;  // new rows before it are finished
  for (std::size_t y = 0; y < picture.height; ++y) {
    for (std::size_t i = 0; i < row; ++i)
      wide[i] = across.at(i / channels, picture.pixel(0, y) + i % channels, channels);
    while (first < height && down.end(first) <= y) ++first;
    for (std::size_t k = first; k < height && down.begin(k) <= y; ++k)
      for (std::size_t i = 0; i < row; ++i) sums[k * row + i] += std::int64_t{down.weight(k, y)} * wide[i];
  }
  Picture result = Picture::filled(width, height, channels);
  for (std::size_t i = 0; i < sums.size(); ++i) result.bytes[i] = detail::ResizeWeights::byte_of(sums[i]);
  return result;
}

inline Picture cropped(const Picture& picture, std::size_t left, std::size_t top, std::size_t width,
                       std::size_t height) {
  require_whole("odot::io::cropped", picture);
  if (width == 0 || height == 0 || left > picture.width || width > picture.width - left || top > picture.height ||
      height > picture.height - top)
    throw ArgumentError("odot::io::cropped: expected a part of a picture of " + std::to_string(picture.height) + " × " +
                        std::to_string(picture.width) + ", found " + std::to_string(height) + " × " +
                        std::to_string(width) + " from row " + std::to_string(top) + ", column " +
                        std::to_string(left) + " on");
  Picture part = Picture::filled(width, height, picture.channels);
  for (std::size_t y = 0; y < height; ++y)
    std::copy_n(picture.pixel(left, top + y), width * picture.channels, part.pixel(0, y));
  return part;
}

inline Picture fitted(const Picture& picture, std::size_t width, std::size_t height, Fit fit,
                      const Colour& background) {
  require_whole("odot::io::fitted", picture);
  if (picture.width == width && picture.height == height) return picture;
  if (fit == Fit::stretch || width == 0 || height == 0) return resized(picture, width, height);
  // Of a very long picture only the middle is resized, of which the part that stays is cut out.
  constexpr std::size_t longest = 64;
  if (fit == Fit::crop && picture.width / longest * height > width * picture.height) {
    const std::size_t middle = (std::max)(longest * width * picture.height / height, std::size_t{1});
    if (middle < picture.width)
      return fitted(cropped(picture, (picture.width - middle) / 2, 0, middle, picture.height), width, height, fit);
  }
  if (fit == Fit::crop && picture.height / longest * width > height * picture.width) {
    const std::size_t middle = (std::max)(longest * height * picture.width / width, std::size_t{1});
    if (middle < picture.height)
      return fitted(cropped(picture, 0, (picture.height - middle) / 2, picture.width, middle), width, height, fit);
  }
  // In its own proportions: as wide as asked for, or as high.
  const bool is_wider = picture.width * height > width * picture.height;
  const bool by_height = is_wider == (fit == Fit::crop);
  const auto along = [](std::size_t extent, std::size_t old_extent, std::size_t other) {
    return (std::max)(std::size_t{1}, extent * other / old_extent);
  };
  const std::size_t new_width = by_height ? along(height, picture.height, picture.width) : width,
                    new_height = by_height ? height : along(width, picture.width, picture.height);
  const Picture scaled = resized(picture, new_width, new_height);
  const auto half = [](std::size_t difference) {  // rounded to even, as Python does
    return difference / 2 + (difference % 4 == 3 ? 1 : 0);
  };
  if (fit == Fit::crop) {
    const std::size_t left = half(new_width - width), top = half(new_height - height);
    return cropped(scaled, left, top, width, height);
  }
  const bool tinted = background[0] != background[1] || background[1] != background[2];
  const Picture drawn = tinted ? in_colour(scaled) : scaled;
  Picture result = Picture::filled(width, height, drawn.channels, background);
  const std::size_t left = (width - new_width) / 2, top = (height - new_height) / 2;
  for (std::size_t y = 0; y < new_height; ++y)
    std::copy_n(drawn.pixel(0, y), new_width * drawn.channels, result.pixel(left, top + y));
  return result;
}

/// The same picture in grey: 0.299 red + 0.587 green + 0.114 blue, rounded as Pillow does; a grey one is returned as it is.
inline Picture in_grey(Picture picture) {
  require_whole("odot::io::in_grey", picture);
  if (picture.channels == 1) return picture;
  Picture grey{picture.width, picture.height, 1, {}};
  grey.bytes.reserve(picture.width * picture.height);
  for (std::size_t i = 0; i < picture.bytes.size(); i += 3)
    grey.bytes.push_back(static_cast<std::uint8_t>(
        (19595u * picture.bytes[i] + 38470u * picture.bytes[i + 1] + 7471u * picture.bytes[i + 2] + 0x8000u) >> 16));
  return grey;
}

}  // namespace odot::io
