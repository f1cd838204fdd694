#pragma once
// SPDX-License-Identifier: MIT
// PNG files, written by stb_image_write: which must be on the include path (CMake target odot::io).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "odot/core/error.hpp"
#include "odot/io/array_picture.hpp"
#include "odot/io/base64.hpp"
#include "odot/io/picture.hpp"
#include "odot/io/stb_image_write.hpp"
#include "odot/io/write_file.hpp"

namespace odot::io {

/// The bytes of a PNG file: 8 bits, grey or colour. The same picture makes the same bytes on every machine.
/// Errors  ArgumentError: a picture that is not whole, or of more than 2²⁸ bytes
inline std::string encode_png(const Picture& picture) {
  require_whole("odot::io::encode_png", picture);
  constexpr std::size_t most = std::size_t{1} << 28;  // the encoder counts in ints
  if (picture.bytes.size() + picture.height > most)
    throw ArgumentError("odot::io::encode_png: expected a picture of at most " + std::to_string(most) +
                        " bytes, found " + std::to_string(picture.bytes.size()));
  const auto integer = [](std::size_t size) { return static_cast<int>(size); };
  int length = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> file(
      detail::stb::stbi_write_png_to_mem(picture.bytes.data(), integer(picture.width * picture.channels),
                                         integer(picture.width), integer(picture.height), integer(picture.channels),
                                         &length),
      std::free);
  if (!file) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(file.get()), static_cast<std::size_t>(length)};
}

/// Writes a picture as a PNG file, whole or not at all (write_file).
/// Errors  ArgumentError: as encode_png;  FileError: as write_file
inline void write_png(const std::filesystem::path& path, const Picture& picture) {
  write_file(path, encode_png(picture));
}

/// The same of a tensor or view: [H, W], [1, H, W] or [3, H, W], floats or bytes (picture_of).
///     io::write_png("weight.png", network.parameter("0.heads.weight_x"), …)
template <class Array>
  requires requires { typename Array::shape; }
void write_png(const std::filesystem::path& path, const Array& array, const PictureOptions& options = {}) {
  write_png(path, picture_of(array, options));
}

/// A picture as the address of an image in a page: "data:image/png;base64,…".
/// Errors  ArgumentError: as encode_png
inline std::string png_address(const Picture& picture) {
  return "data:image/png;base64," + base64(encode_png(picture));
}

}  // namespace odot::io
