#pragma once
// SPDX-License-Identifier: MIT
// Pictures from files: PNG, JPEG, BMP. PNG and JPEG are decoded by stb_image, which must be on the include path (CMake
// target odot::io), after their structure has been checked here.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/byte_source.hpp"
#include "odot/io/bmp.hpp"
#include "odot/io/jpeg_segments.hpp"
#include "odot/io/picture.hpp"
#include "odot/io/picture_bytes.hpp"
#include "odot/io/png_chunks.hpp"
#include "odot/io/stb_image.hpp"

namespace odot::io {

struct ReadPictureOptions {
  Colour background = white;                ///< what shows through transparent pixels
  bool upright = true;                      ///< turn a photograph as its EXIF orientation says; torchvision does not
  std::uint64_t most_pixels = 100'000'000;  ///< larger ones are refused before memory is taken for them
};

/// The picture in a PNG, JPEG or BMP file's bytes, as 8-bit grey or colour. The content decides what format it is.
/// PNG: all depths and colour types, palettes, interlaced; 16 bits are rounded to 8; transparency shows the background;
/// colour profiles and gamma are ignored. JPEG: baseline and progressive, grey, RGB, YCbCr, and Adobe's CMYK. BMP:
/// uncompressed. `name` stands for the file in errors.
/// Errors  FormatError: none of these formats, cut off, damaged, or of a kind that is not read; no pixels, or more than
///         most_pixels;  FileError: the decoder's own objection, more than 2 GiB
inline Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& name,
                              const ReadPictureOptions& options = {});

/// The same from a file.
/// Errors  FileError too where the file can't be read
inline Picture read_picture(const std::filesystem::path& path, const ReadPictureOptions& options = {});

/// The picture turned upright, from EXIF's orientation 1 to 8.
inline Picture turned_upright(Picture picture, unsigned orientation);

namespace detail {

/// Pixels of 1 to 4 channels: grey, grey and alpha, RGB, RGB and alpha.
struct DecodedPixels {
  PictureHeader header;
  std::size_t channels = 4;
  std::vector<std::uint8_t> bytes;
};

/// A palette of fewer colours than pixels may name, filled up with black. (stb reads what follows it in memory.)
inline std::vector<std::uint8_t> with_whole_palette(std::span<const std::uint8_t> png, const PictureHeader& header) {
  const std::size_t colours = header.palette_at + 8, end = colours + 3 * header.palette_entries;
  std::vector<std::uint8_t> whole(png.begin(), png.begin() + static_cast<std::ptrdiff_t>(end));
  whole.resize(colours + 768);
  whole[header.palette_at + 2] = 768 >> 8, whole[header.palette_at + 3] = 768 & 255;
  whole.insert(whole.end(), png.begin() + static_cast<std::ptrdiff_t>(end), png.end());
  return whole;
}

/// Decodes a PNG or JPEG file whose structure is sound.
inline DecodedPixels decode_by_stb(const PictureBytes& file, const PictureHeader& header) {
  const std::uint64_t padded = ((header.width + 63) / 64 * 64) * ((header.height + 63) / 64 * 64);
  largest_piece() = static_cast<std::size_t>((std::min)((std::uint64_t{1} << 20) + 16 * padded + 4 * file.size(),
                                                        std::uint64_t{(std::numeric_limits<int>::max)()}));
  const std::vector<std::uint8_t> changed = header.palette_at != 0 && header.palette_entries < 256
                                                ? with_whole_palette(file.bytes, header)
                                                : std::vector<std::uint8_t>{};
  const std::span<const std::uint8_t> input = changed.empty() ? file.bytes : std::span<const std::uint8_t>(changed);
  int width = 0, height = 0, channels = 0;
  const auto load = [&](auto* function) {
    return std::unique_ptr<std::remove_pointer_t<decltype(function(nullptr, 0, nullptr, nullptr, nullptr, 0))>,
                           void (*)(void*)>(
        function(input.data(), static_cast<int>(input.size()), &width, &height, &channels, 0), std::free);
  };
  DecodedPixels result{header, 0, {}};
  const auto require = [&](bool decoded) {
    if (decoded && static_cast<std::uint64_t>(width) == header.width &&
        static_cast<std::uint64_t>(height) == header.height)
      return;
    const char* const reason = decoded ? "other extents than its header's" : stb::stbi_failure_reason();
    throw FileError(file.name, "the picture can't be decoded, " + std::string(reason ? reason : "no reason given") +
                                   "; the file is damaged: copy or download it again");
  };
  const auto count = [&] { return static_cast<std::size_t>(header.width * header.height) * result.channels; };
  if (header.depth == 16) {
    const auto pixels = load(stb::stbi_load_16_from_memory);
    require(pixels != nullptr);
    result.channels = static_cast<std::size_t>(channels);
    result.bytes.resize(count());
    for (std::size_t i = 0; i < result.bytes.size(); ++i)
      result.bytes[i] = static_cast<std::uint8_t>((pixels.get()[i] * 255u + 32767u) / 65535u);
  } else {
    const auto pixels = load(stb::stbi_load_from_memory);
    require(pixels != nullptr);
    result.channels = static_cast<std::size_t>(channels);
    result.bytes.assign(pixels.get(), pixels.get() + count());
  }
  return result;
}

/// Grey or colour, on the background where pixels are transparent.
inline Picture without_alpha(DecodedPixels pixels, const Colour& background) {
  const std::size_t channels = pixels.channels, colours = channels < 3 ? 1 : 3;
  const auto width = static_cast<std::size_t>(pixels.header.width),
             height = static_cast<std::size_t>(pixels.header.height);
  if (channels == colours) return {width, height, channels, std::move(pixels.bytes)};
  bool transparent = false;
  for (std::size_t i = channels - 1; i < pixels.bytes.size(); i += channels) transparent |= pixels.bytes[i] != 255;
  const bool tinted = transparent && (background[0] != background[1] || background[1] != background[2]);
  Picture picture = Picture::filled(width, height, tinted ? 3 : colours, background);
  for (std::size_t i = 0; i < width * height; ++i) {
    const std::uint8_t* const from = &pixels.bytes[i * channels];
    const unsigned alpha = from[channels - 1];
    for (std::size_t c = 0; c < picture.channels; ++c)
      picture.bytes[i * picture.channels + c] =
          static_cast<std::uint8_t>((alpha * from[colours == 1 ? 0 : c] + (255 - alpha) * background[c] + 127) / 255);
  }
  return picture;
}

}  // namespace detail

inline Picture turned_upright(Picture picture, unsigned orientation) {
  require_whole("odot::io::turned_upright", picture);
  if (orientation < 2 || orientation > 8) return picture;
  const bool on_its_side = orientation > 4;
  const std::size_t width = on_its_side ? picture.height : picture.width,
                    height = on_its_side ? picture.width : picture.height;
  Picture result = Picture::filled(width, height, picture.channels);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      // Row 0 and column 0 of the file are, for 1: top, left; 2: top, right; 3: bottom, right; 4: bottom, left;
      // 5: left, top; 6: right, top; 7: right, bottom; 8: left, bottom.
      const bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
      const bool flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
      const std::size_t across = flip_x ? width - 1 - x : x, down = flip_y ? height - 1 - y : y;
      std::copy_n(on_its_side ? picture.pixel(down, across) : picture.pixel(across, down), picture.channels,
                  result.pixel(x, y));
    }
  return result;
}

inline Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& name,
                              const ReadPictureOptions& options) {
  const detail::PictureBytes file{bytes, name};
  constexpr auto largest = static_cast<std::size_t>((std::numeric_limits<int>::max)());
  if (file.size() > largest) throw FileError(name, "expected a picture of at most 2 GiB, found more");
  detail::DecodedPixels pixels;
  if (file.holds(0, detail::png_signature)) {
    pixels = detail::decode_by_stb(file, detail::PngChunks(file, options.most_pixels).read());
  } else if (file.holds(0, "\xFF\xD8\xFF")) {
    pixels = detail::decode_by_stb(file, detail::JpegSegments(file, options.most_pixels).read());
  } else if (file.holds(0, "BM")) {
    pixels.bytes = detail::Bmp(file, options.most_pixels).decode(pixels.header);
  } else {
    file.fail(
        0, "a picture: PNG, JPEG or BMP",
        bytes.empty() ? "an empty file" : data::detail::hex(bytes.first((std::min)(bytes.size(), std::size_t{8}))));
  }
  const unsigned orientation = options.upright ? pixels.header.orientation : 1;
  return turned_upright(detail::without_alpha(std::move(pixels), options.background), orientation);
}

inline Picture read_picture(const std::filesystem::path& path, const ReadPictureOptions& options) {
  data::FileSource source(path);
  if (source.size() > static_cast<std::uint64_t>((std::numeric_limits<int>::max)()))
    throw FileError(source.path(),
                    "expected a picture of at most 2 GiB, found " + std::to_string(source.size()) + " bytes");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(source.size()));
  source.read(bytes, "a picture");
  return decode_picture(bytes, source.path(), options);
}

}  // namespace odot::io
