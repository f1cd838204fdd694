#pragma once
// SPDX-License-Identifier: MIT
// A picture's file as a sample. Needs stb_image on the include path: CMake target odot::io.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <type_traits>

#include "odot/core/shape.hpp"
#include "odot/core/tensor.hpp"
#include "odot/io/picture.hpp"
#include "odot/io/read_picture.hpp"
#include "odot/io/resize_picture.hpp"

namespace odot::data {

struct ImageOptions {
  io::Fit fit = io::Fit::stretch;  ///< how it fills another shape
  bool inverted = false;  ///< 255 less each byte: a dark thing on white paper as Fashion-MNIST has it, on black
  io::ReadPictureOptions read = {};
};

namespace detail {

template <class S>
inline constexpr bool is_image_shape = S::rank == 3 && (S::extents[0] == 1 || S::extents[0] == 3);

/// A picture's bytes channel after channel, [channels, height, width], in the extents asked for.
inline void put_image(const io::Picture& picture, std::size_t channels, std::size_t height, std::size_t width,
                      const ImageOptions& options, std::uint8_t* to) {
  const io::Picture fitted = io::fitted(channels == 1 ? io::in_grey(picture) : io::in_colour(picture), width, height,
                                        options.fit, options.read.background);
  const io::Picture image = channels == 1 ? io::in_grey(fitted) : fitted;  // the border may have had a colour
  const std::size_t pixels = height * width;
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint8_t byte = image.bytes[i * channels + c];
      to[c * pixels + i] = options.inverted ? static_cast<std::uint8_t>(255 - byte) : byte;
    }
}

}  // namespace detail

/// A PNG, JPEG or BMP file as a sample of shape [1, H, W], grey, or [3, H, W], colour: resized to it. `Value` as in a
/// Dataset: std::uint8_t for bytes, float or double for numbers from 0 to 1, the bytes divided by 255, as networks see them.
///     auto coat = data::load_image<Shape<1, 28, 28>>("coat.png", {.inverted = true});
/// Errors  compile time: another shape;  FormatError, FileError: as io::read_picture
template <ShapeType S, class Value = std::uint8_t>
Tensor<S, Value> load_image(const std::filesystem::path& path, const ImageOptions& options = {});

/// The same of a picture in memory.
template <ShapeType S, class Value = std::uint8_t>
Tensor<S, Value> image_of(const io::Picture& picture, const ImageOptions& options = {}) {
  constexpr bool is_image = detail::is_image_shape<S>;
  static_assert(is_image, "odot::data::load_image: the shape must be [1, height, width] or [3, height, width]");
  Tensor<S, std::uint8_t> bytes;
  if constexpr (is_image)
    detail::put_image(picture, S::extents[0], S::extents[1], S::extents[2], options, bytes.data());
  if constexpr (std::is_same_v<Value, std::uint8_t>) {
    return bytes;
  } else {
    Tensor<S, Value> values;
    for (std::size_t i = 0; i < S::size; ++i) values.data()[i] = static_cast<Value>(bytes.data()[i]) / Value{255};
    return values;
  }
}

template <ShapeType S, class Value>
Tensor<S, Value> load_image(const std::filesystem::path& path, const ImageOptions& options) {
  return image_of<S, Value>(io::read_picture(path, options.read), options);
}

}  // namespace odot::data
