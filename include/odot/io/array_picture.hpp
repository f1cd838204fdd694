#pragma once
// SPDX-License-Identifier: MIT
// Pictures of arrays: weights, relevance maps, samples.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/device.hpp"
#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"
#include "odot/io/colour_map.hpp"
#include "odot/io/picture.hpp"

namespace odot::io {

/// The numbers that a colour map begins and ends with.
struct ValueRange {
  double low, high;
};

struct PictureOptions {
  ColourMap colours = ColourMap::grey;
  /// None: the smallest to the largest finite number; for ColourMap::diverging −m … m, where m is the largest magnitude;
  /// for bytes 0 … 255. Numbers outside of a given range have the colour of its end.
  std::optional<ValueRange> range = {};
  Colour not_a_number{255, 0, 255};
  std::size_t magnify = 1;  ///< an element is a square of so many pixels
};

/// The range that these numbers fill, as PictureOptions::range describes it. All pictures of a grid get one range by
///     options.range = io::range_of(all_values, options.colours);
template <class T>
ValueRange range_of(std::span<const T> values, ColourMap colours = ColourMap::grey) {
  double low = 0, high = 0;
  bool found = false;
  for (const T value : values) {
    const auto v = static_cast<double>(value);
    if (!std::isfinite(v)) continue;
    low = found ? (std::min)(low, v) : v;
    high = found ? (std::max)(high, v) : v;
    found = true;
  }
  if (colours != ColourMap::diverging) return {low, high};
  const double size = (std::max)(std::abs(low), std::abs(high));
  return {-size, size};
}

/// [H, W] numbers in colours. Grey where the map is and no element is NaN.
/// Errors  ArgumentError: not height · width numbers; a range that is not finite;  a magnification of 0
inline Picture picture_of(std::span<const double> values, std::size_t height, std::size_t width,
                          const PictureOptions& options = {});

/// Elements as a picture: [H, W] and [1, H, W] in the colours of options.colours, [3, H, W] as red, green and blue, from
/// the range's low, 0, to its high, 255. Takes tensors and views in the host's memory, of floats or bytes; a sample of a
/// set is TensorView<S, const std::uint8_t>(set.sample(i).data()).
/// Errors  compile time: another shape;  ArgumentError: as above
template <class Array>
Picture picture_of(const Array& array, const PictureOptions& options = {});

/// A picture of each channel of [C, H, W], all in one range: for io::grid.
template <class Array>
std::vector<Picture> channel_pictures(const Array& array, PictureOptions options = {});

namespace detail {

/// Where a number lies in a range: 0 at its low, 1 at its high; 1/2 in a range of no width.
inline double place_in(const ValueRange& range, double value) {
  const double width = range.high / 2 - range.low / 2;  // halves, which never overflow
  return width == 0 ? 0.5
                    : (std::clamp(value, (std::min)(range.low, range.high), (std::max)(range.low, range.high)) / 2 -
                       range.low / 2) /
                          width;
}

inline ValueRange checked_range(std::span<const double> values, const PictureOptions& options) {
  if (!options.range) return range_of(values, options.colours);
  if (!std::isfinite(options.range->low) || !std::isfinite(options.range->high))
    throw ArgumentError("odot::io::PictureOptions: the range must be finite");
  return *options.range;
}

/// The elements of a tensor or view as doubles.
template <class Array>
std::vector<double> host_values(const Array& array) {
  return {array.begin(), array.end()};
}

template <class Array>
using ElementOf = std::remove_cvref_t<decltype(*std::declval<const Array&>().data())>;

/// Bytes have a range of their own.
template <class Array>
PictureOptions options_for(PictureOptions options) {
  if (std::is_same_v<ElementOf<Array>, std::uint8_t> && !options.range) options.range = ValueRange{0, 255};
  return options;
}

inline Picture colour_planes(std::span<const double> values, std::size_t height, std::size_t width,
                             const PictureOptions& options) {
  const ValueRange range = checked_range(values, options);
  Picture picture = Picture::filled(width, height, 3);
  const std::size_t pixels = width * height;
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const double value = values[c * pixels + i];
      if (std::isnan(value)) {
        std::copy_n(options.not_a_number.data(), 3, &picture.bytes[3 * i]);
        break;
      }
      picture.bytes[3 * i + c] = static_cast<std::uint8_t>(std::lround(255 * place_in(range, value)));
    }
  return options.magnify == 1 ? picture : magnified(picture, options.magnify);
}

}  // namespace detail

inline Picture picture_of(std::span<const double> values, std::size_t height, std::size_t width,
                          const PictureOptions& options) {
  if (checked_product("odot::io::picture_of", height, width) != values.size() || values.empty())
    throw ArgumentError("odot::io::picture_of: expected " + std::to_string(height) + " · " + std::to_string(width) +
                        " numbers, at least one, found " + std::to_string(values.size()));
  const ValueRange range = detail::checked_range(values, options);
  const bool any_nan = std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
  const std::size_t channels = options.colours == ColourMap::grey && !any_nan ? 1 : 3;
  Picture picture = Picture::filled(width, height, channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Colour colour =
        std::isnan(values[i]) ? options.not_a_number : colour_at(options.colours, detail::place_in(range, values[i]));
    std::copy_n(colour.data(), channels, &picture.bytes[i * channels]);
  }
  return options.magnify == 1 ? picture : magnified(picture, options.magnify);
}

template <class Array>
Picture picture_of(const Array& array, const PictureOptions& options) {
  using S = typename Array::shape;
  constexpr bool is_picture = S::rank == 2 || (S::rank == 3 && (S::extents[0] == 1 || S::extents[0] == 3));
  static_assert(is_picture,
                "odot::io::picture_of: the array must be [height, width], [1, height, width] or [3, height, width]; "
                "of more channels, io::channel_pictures makes a picture each");
  if constexpr (is_picture) {
    constexpr std::size_t height = S::extents[S::rank - 2], width = S::extents[S::rank - 1];
    const std::vector<double> values = detail::host_values(array);
    const PictureOptions chosen = detail::options_for<Array>(options);
    if constexpr (S::size == height * width) return picture_of(values, height, width, chosen);
    else return detail::colour_planes(values, height, width, chosen);
  } else {
    return {};
  }
}

template <class Array>
std::vector<Picture> channel_pictures(const Array& array, PictureOptions options) {
  using S = typename Array::shape;
  static_assert(S::rank == 3, "odot::io::channel_pictures: the array must be [channels, height, width]");
  std::vector<Picture> pictures;
  if constexpr (S::rank == 3) {
    constexpr std::size_t height = S::extents[1], width = S::extents[2];
    const std::vector<double> values = detail::host_values(array);
    options = detail::options_for<Array>(options);
    options.range = detail::checked_range(values, options);
    for (std::size_t c = 0; c < S::extents[0]; ++c)
      pictures.push_back(
          picture_of(std::span(values).subspan(c * height * width, height * width), height, width, options));
  }
  return pictures;
}

}  // namespace odot::io
