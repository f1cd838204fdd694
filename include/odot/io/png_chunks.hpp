#pragma once
// SPDX-License-Identifier: MIT
// The structure of a PNG file: its chunks and their checksums, seen before anything is decoded.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "odot/data/byte_source.hpp"
#include "odot/io/picture_bytes.hpp"

namespace odot::io::detail {

inline constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

/// Cyclic redundancy check of PNG and zlib.
/// Source  PNG specification (third edition), annex D
inline std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> remainders{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      remainders[i] = i;
      for (int bit = 0; bit < 8; ++bit)
        remainders[i] = remainders[i] >> 1 ^ ((remainders[i] & 1) != 0 ? 0xEDB88320u : 0u);
    }
    return remainders;
  }();
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::uint8_t byte : bytes) crc = table[(crc ^ byte) & 255] ^ crc >> 8;
  return ~crc;
}

/// Goes over a PNG file's chunks.
class PngChunks {
 public:
  PngChunks(const PictureBytes& file, std::uint64_t most_pixels) : file_(file), most_pixels_(most_pixels) {}

  /// Errors  FormatError: a chunk that is cut off, damaged, out of order or critical and unknown; no pixels, too many, or
  ///         more than the compressed data can hold
  PictureHeader read() {
    for (std::size_t at = png_signature.size(); !ended_; at += 12 + length_) {
      file_.require(at, 12, "a PNG chunk, to IEND");
      length_ = file_.big32(at);
      const std::string type(reinterpret_cast<const char*>(file_.bytes.data()) + at + 4, 4);
      file_.require(at, 12 + std::uint64_t{length_}, "the whole of a PNG chunk");
      if (crc32(file_.bytes.subspan(at + 4, 4 + length_)) != file_.big32(at + 8 + length_))
        file_.fail(at, "a PNG chunk with its checksum",
                   "another checksum; the file is damaged: copy or download it again");
      take(at, type);
    }
    require_data();
    return header_;
  }

 private:
  void take(std::size_t at, const std::string& type) {
    if ((header_.width == 0) != (type == "IHDR"))
      file_.fail(at + 4, "one IHDR, as the first chunk of a PNG", type_text(at));
    if (type == "IHDR") take_header(at);
    else if (type == "PLTE") take_palette(at);
    else if (type == "IDAT") compressed_ += length_;
    else if (type == "IEND") ended_ = true;
    else if (type == "eXIf") header_.orientation = exif_orientation(file_.bytes.subspan(at + 8, length_));
    else if ((file_.bytes[at + 4] & 32) == 0) file_.fail(at + 4, "a critical chunk of PNG's standard", type_text(at));
  }

  void take_header(std::size_t at) {
    if (length_ != 13) file_.fail(at, "IHDR of 13 bytes", std::to_string(length_));
    header_.width = file_.big32(at + 8);
    header_.height = file_.big32(at + 12);
    require_extents(file_, at + 8, header_, most_pixels_);
    header_.depth = file_.bytes[at + 16];
    colour_ = file_.bytes[at + 17];
    constexpr unsigned any = 1 | 2 | 4 | 8 | 16, whole_bytes = 8 | 16, to_8 = 1 | 2 | 4 | 8;  // sums of depths
    constexpr std::array<unsigned, 7> depths{any, 0, whole_bytes, to_8, whole_bytes, 0, whole_bytes};
    const bool one_bit = header_.depth > 0 && (header_.depth & (header_.depth - 1)) == 0 && header_.depth <= 16;
    if (colour_ >= depths.size() || !one_bit || (depths[colour_] & header_.depth) == 0)
      file_.fail(at + 16, "a bit depth and a colour type of PNG's standard",
                 std::to_string(header_.depth) + " and " + std::to_string(colour_));
    if (file_.bytes[at + 18] != 0 || file_.bytes[at + 19] != 0 || file_.bytes[at + 20] > 1)
      file_.fail(at + 18, "compression 0, filter 0 and interlacing 0 or 1", hex(file_.bytes.subspan(at + 18, 3)));
  }

  void take_palette(std::size_t at) {
    if (length_ == 0 || length_ % 3 != 0 || length_ > 768 || header_.palette_at != 0 || compressed_ > 0)
      file_.fail(at, "one palette of 1 to 256 colours before the pixels", std::to_string(length_) + " bytes");
    if (colour_ != 3) return;  // a suggestion
    header_.palette_at = at;
    header_.palette_entries = length_ / 3;
  }

  /// No more pixels than what is compressed can hold: deflate makes at most 1032 bytes of one.
  void require_data() const {
    if (colour_ == 3 && header_.palette_at == 0) file_.fail(file_.size(), "a palette (PLTE)", "none");
    constexpr std::array<unsigned, 7> channels{1, 1, 3, 1, 2, 1, 4};
    const std::uint64_t raw = (header_.width * header_.depth * channels[colour_] + 7) / 8 * header_.height;
    if (raw / 1032 > compressed_)
      file_.fail(file_.size(), std::to_string(raw) + " bytes of pixels",
                 std::to_string(compressed_) + " compressed ones, which can't hold so many");
  }

  std::string type_text(std::size_t at) const { return "type " + hex(file_.bytes.subspan(at + 4, 4)); }
  static std::string hex(std::span<const std::uint8_t> bytes) { return data::detail::hex(bytes); }

  const PictureBytes& file_;
  std::uint64_t most_pixels_;
  PictureHeader header_ = {};
  std::size_t length_ = 0;
  std::uint64_t compressed_ = 0;
  unsigned colour_ = 0;
  bool ended_ = false;
};

}  // namespace odot::io::detail
