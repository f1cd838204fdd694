#pragma once
// SPDX-License-Identifier: MIT
// The bytes of a picture's file, read with checked bounds; what its header says.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "odot/core/error.hpp"
#include "odot/data/byte_source.hpp"

namespace odot::io::detail {

/// A file's content with its name, for errors.
struct PictureBytes {
  std::span<const std::uint8_t> bytes;
  std::string name;

  std::size_t size() const { return bytes.size(); }

  /// Throws FormatError unless there are `count` bytes from `at` on; `what` says what they are.
  void require(std::uint64_t at, std::uint64_t count, const char* what) const {
    if (at <= size() && count <= size() - at) return;
    fail(size(), what, "the end of the file; it is cut off: copy or download it again");
  }
  bool holds(std::uint64_t at, std::string_view text) const {
    if (at > size() || text.size() > size() - at) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (bytes[at + i] != static_cast<std::uint8_t>(text[i])) return false;
    return true;
  }

  // Numbers at places that `require` has seen: big and little endian.
  std::uint32_t big16(std::size_t at) const { return std::uint32_t{bytes[at]} << 8 | bytes[at + 1]; }
  std::uint32_t big32(std::size_t at) const { return big16(at) << 16 | big16(at + 2); }
  std::uint32_t little16(std::size_t at) const { return std::uint32_t{bytes[at + 1]} << 8 | bytes[at]; }
  std::uint32_t little32(std::size_t at) const { return little16(at + 2) << 16 | little16(at); }

  [[noreturn]] void fail(std::uint64_t at, const std::string& expected, const std::string& found) const {
    throw FormatError(name, at, expected, found);
  }
};

/// What the structure of a file says of its picture.
struct PictureHeader {
  std::uint64_t width = 0, height = 0;
  unsigned depth = 8;               ///< bits of a channel
  unsigned orientation = 1;         ///< EXIF's, 1 to 8
  std::size_t palette_at = 0;       ///< PNG: where the palette's chunk begins; 0: there is none
  std::size_t palette_entries = 0;  ///< colours in it
};

/// Throws FormatError, before memory is taken for the pixels, if there are none or too many of them.
inline void require_extents(const PictureBytes& file, std::uint64_t at, const PictureHeader& header,
                            std::uint64_t most_pixels) {
  const std::string found = std::to_string(header.width) + " × " + std::to_string(header.height);
  if (header.width == 0 || header.height == 0) file.fail(at, "a picture of at least one pixel", found);
  if (header.width > most_pixels || header.height > most_pixels / header.width)
    file.fail(at, "a picture of at most " + std::to_string(most_pixels) + " pixels (ReadPictureOptions::most_pixels)",
              found);
}

/// The orientation in a block of EXIF data, TIFF's format: 1 to 8. A block that is broken, or does not say, has 1, upright.
/// Source  CIPA DC-008, "Exchangeable image file format for digital still cameras", tag 274
inline unsigned exif_orientation(std::span<const std::uint8_t> block) {
  const PictureBytes exif{block, ""};
  const bool big = exif.holds(0, "MM"), little = exif.holds(0, "II");
  const auto number16 = [&](std::size_t at) { return big ? exif.big16(at) : exif.little16(at); };
  if ((!big && !little) || block.size() < 8) return 1;
  const std::uint64_t directory = big ? exif.big32(4) : exif.little32(4);
  if (directory + 2 > block.size()) return 1;
  const std::size_t entries = number16(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::uint64_t at = directory + 2 + 12 * i;
    if (at + 12 > block.size()) break;
    if (number16(at) != 274) continue;
    const unsigned value = number16(at + 8);
    return number16(at + 2) == 3 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

}  // namespace odot::io::detail
