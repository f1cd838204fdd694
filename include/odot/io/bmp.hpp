#pragma once
// SPDX-License-Identifier: MIT
// BMP files, decoded: uncompressed, of 1, 4, 8, 16, 24 or 32 bits. (By ourselves: stb reads what is cut off as black, and
// pixels beyond a short palette as whatever is in memory.)

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/io/picture_bytes.hpp"

namespace odot::io::detail {

/// Decodes a BMP file to red, green, blue and alpha, each a byte.
/// Source  Microsoft, "Bitmap storage"
class Bmp {
 public:
  Bmp(const PictureBytes& file, std::uint64_t most_pixels) : file_(file), most_pixels_(most_pixels) {}

  /// Errors  FormatError: a file that is cut off; compression; a header that breaks the format; a pixel that its palette
  ///         lacks; no pixels, or too many
  std::vector<std::uint8_t> decode(PictureHeader& header) {
    read_header();
    const std::uint64_t row_bits = header_.width * bits_, stride = (row_bits + 31) / 32 * 4;
    file_.require(pixels_at_, stride * (header_.height - 1) + (row_bits + 7) / 8, "the pixels of a BMP");
    std::vector<std::uint8_t> rgba(header_.width * header_.height * 4);
    std::uint8_t* to = rgba.data();
    for (std::size_t y = 0; y < header_.height; ++y)
      for (std::size_t x = 0; x < header_.width; ++x, to += 4) {
        const std::size_t row = top_down_ ? y : header_.height - 1 - y;
        put(pixels_at_ + row * stride + x * bits_ / 8, x, to);
      }
    if (masks_[3] != 0) show_forgotten_alpha(rgba);
    header = header_;
    return rgba;
  }

 private:
  /// Some writers leave alpha 0 everywhere, where they mean an opaque picture.
  static void show_forgotten_alpha(std::vector<std::uint8_t>& rgba) {
    for (std::size_t i = 3; i < rgba.size(); i += 4)
      if (rgba[i] != 0) return;
    for (std::size_t i = 3; i < rgba.size(); i += 4) rgba[i] = 255;
  }

  void read_header() {
    file_.require(0, 30, "a BMP header");
    pixels_at_ = file_.little32(10);
    const std::uint32_t size = file_.little32(14);
    const bool old = size == 12;  // OS/2's
    if (!old && (size < 40 || size > 1024))
      file_.fail(14, "a BMP header of 12 bytes or 40 and more", std::to_string(size));
    file_.require(14, size, "the whole of a BMP header");
    const std::size_t after = old ? 22 : 26;  // the extents
    const std::uint32_t height = old ? file_.little16(20) : file_.little32(22);
    header_.width = old ? file_.little16(18) : file_.little32(18);
    top_down_ = !old && height > 0x8000'0000u;
    header_.height = top_down_ ? std::uint64_t{0x1'0000'0000u} - height : height;
    require_extents(file_, 18, header_, most_pixels_);
    bits_ = file_.little16(after + 2);
    const std::uint32_t compression = old ? 0 : file_.little32(30);
    const bool masked = compression == 3 && (bits_ == 16 || bits_ == 32);
    if (file_.little16(after) != 1 || (compression != 0 && !masked))
      file_.fail(
          after, "an uncompressed BMP of one plane; save it again as PNG",
          "compression " + std::to_string(compression) + ", " + std::to_string(file_.little16(after)) + " planes");
    if (bits_ == 1 || bits_ == 4 || bits_ == 8) read_palette(14 + size, old);
    else if (bits_ == 16 || bits_ == 32) read_masks(masked, size);
    else if (bits_ != 24) file_.fail(after + 2, "1, 4, 8, 16, 24 or 32 bits", std::to_string(bits_));
  }

  void read_palette(std::size_t at, bool old) {
    const std::uint32_t used = old ? 0 : file_.little32(46);
    const std::size_t all = std::size_t{1} << bits_, each = old ? 3 : 4,
                      room = pixels_at_ > at ? (pixels_at_ - at) / each : 0;
    palette_entries_ = (std::min<std::uint64_t>)({all, used == 0 ? all : used, room});
    file_.require(at, palette_entries_ * each, "the palette of a BMP");
    for (std::size_t i = 0; i < palette_entries_; ++i)
      for (std::size_t c = 0; c < 3; ++c) palette_[i][c] = file_.bytes[at + i * each + 2 - c];
  }

  void read_masks(bool masked, std::uint32_t size) {
    if (!masked) {
      masks_ = bits_ == 16 ? std::array<std::uint32_t, 4>{31u << 10, 31u << 5, 31u, 0}
                           : std::array<std::uint32_t, 4>{0xFFu << 16, 0xFFu << 8, 0xFFu, 0};
      return;
    }
    const std::size_t count = size >= 56 ? 4 : 3;  // with alpha's; after a header of 40 bytes, or inside a longer one
    file_.require(54, 4 * count, "the masks of a BMP");
    for (std::size_t c = 0; c < count; ++c) {
      masks_[c] = file_.little32(54 + 4 * c);
      const std::uint32_t run = masks_[c] == 0 ? 0 : masks_[c] >> std::countr_zero(masks_[c]);
      if ((masks_[c] == 0 && c < 3) || (run & (run + 1)) != 0)
        file_.fail(54 + 4 * c, "a mask of bits side by side", std::to_string(masks_[c]));
    }
  }

  /// The pixel at column x, which begins in byte `at`.
  void put(std::size_t at, std::size_t x, std::uint8_t* to) const {
    to[3] = 255;
    if (bits_ == 24) {
      for (std::size_t c = 0; c < 3; ++c) to[c] = file_.bytes[at + 2 - c];
    } else if (bits_ > 8) {
      const std::uint32_t value = bits_ == 16 ? file_.little16(at) : file_.little32(at);
      for (std::size_t c = 0; c < 4; ++c)
        if (masks_[c] != 0) {
          const int shift = std::countr_zero(masks_[c]);
          const std::uint64_t most = masks_[c] >> shift, found = (value & masks_[c]) >> shift;
          to[c] = static_cast<std::uint8_t>((found * 255 + most / 2) / most);
        }
    } else {
      const std::size_t index = file_.bytes[at] >> (8 - bits_ - x * bits_ % 8) & ((1u << bits_) - 1);
      if (index >= palette_entries_)
        file_.fail(at, "a pixel of a palette of " + std::to_string(palette_entries_) + " colours",
                   std::to_string(index));
      for (std::size_t c = 0; c < 3; ++c) to[c] = palette_[index][c];
    }
  }

  const PictureBytes& file_;
  std::uint64_t most_pixels_;
  PictureHeader header_ = {};
  std::uint64_t pixels_at_ = 0;
  unsigned bits_ = 0;
  bool top_down_ = false;
  std::array<std::array<std::uint8_t, 3>, 256> palette_ = {};
  std::size_t palette_entries_ = 0;
  std::array<std::uint32_t, 4> masks_ = {};
};

}  // namespace odot::io::detail
