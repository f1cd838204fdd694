#pragma once
// SPDX-License-Identifier: MIT
// The structure of a JPEG file: its segments, seen before anything is decoded. A decoder that trusts a table's lengths
// writes past its end; and it shows what is cut off as grey.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "odot/data/byte_source.hpp"
#include "odot/io/picture_bytes.hpp"

namespace odot::io::detail {

/// Goes over a JPEG file's segments.
/// Source  ITU-T T.81, "Digital compression and coding of continuous-tone still images", annex B
class JpegSegments {
 public:
  JpegSegments(const PictureBytes& file, std::uint64_t most_pixels) : file_(file), most_pixels_(most_pixels) {}

  /// Errors  FormatError: a file that is cut off; segments that break the standard; arithmetic coding, 12 bits, lossless
  ///         JPEG, colours whose meaning the file does not say; no pixels, too many, or more than the data can hold
  PictureHeader read() {
    at_ = 2;  // after the start of the image
    for (;;) {
      const unsigned marker = next_marker();
      if (marker == 0xD9) break;
      file_.require(at_, 2, "the length of a JPEG segment");
      const std::size_t length = file_.big16(at_);
      if (length < 2) fail("a segment of at least 2 bytes", length);
      file_.require(at_, length, "the whole of a JPEG segment");
      begin_ = at_ + 2;
      end_ = at_ + length;
      at_ = end_;
      take(marker);
    }
    require_data();
    return header_;
  }

 private:
  struct Component {
    unsigned id = 0, table = 0;
    bool seen = false;  ///< in a scan
  };

  [[noreturn]] void fail(const std::string& expected, std::uint64_t found) const {
    file_.fail(begin_, expected, std::to_string(found));
  }

  /// The marker at or after `at_`; after it, `at_` is behind it.
  unsigned next_marker() {
    file_.require(at_, 2, "a JPEG marker, to the end of the image (FF D9)");
    if (file_.bytes[at_] != 0xFF)
      file_.fail(at_, "a JPEG marker, FF and a byte", data::detail::hex(file_.bytes.subspan(at_, 2)));
    while (file_.bytes[at_] == 0xFF) file_.require(++at_, 1, "a JPEG marker, to the end of the image (FF D9)");
    return file_.bytes[at_++];
  }

  void take(unsigned marker) {
    if (marker == 0xC4) take_huffman_tables();
    else if (marker == 0xDB) take_quantisation_tables();
    else if (marker == 0xDD) require_length(end_ - begin_ == 2, "a restart interval of 2 bytes");
    else if (marker == 0xDA) take_scan();
    else if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC8) take_frame(marker);
    else if (marker == 0xE1 && file_.holds(begin_, std::string_view("Exif\0\0", 6)) && end_ - begin_ > 6)
      header_.orientation = exif_orientation(file_.bytes.subspan(begin_ + 6, end_ - begin_ - 6));
    else if (marker == 0xEE && file_.holds(begin_, std::string_view("Adobe\0", 6)) && end_ - begin_ >= 12)
      adobe_ = file_.bytes[begin_ + 11];
    else if ((marker < 0xE0 || marker > 0xEF) && marker != 0xFE)
      file_.fail(begin_ - 4, "a marker of baseline or progressive JPEG",
                 "FF " + data::detail::hex(file_.bytes.subspan(begin_ - 3, 1)));
  }

  void require_length(bool right, const char* expected) const {
    if (!right) fail(expected, end_ - begin_);
  }

  void take_huffman_tables() {
    for (std::size_t at = begin_; at < end_;) {
      require_length(end_ - at >= 17, "a Huffman table");
      const unsigned kind = file_.bytes[at] >> 4, number = file_.bytes[at] & 15;
      std::size_t symbols = 0;
      for (std::size_t i = 1; i <= 16; ++i) symbols += file_.bytes[at + i];
      if (kind > 1 || number > 3 || symbols > 255 || symbols > end_ - at - 17)
        fail("a Huffman table of 4, of at most 255 symbols that are all there", symbols);
      huffman_[kind][number] = true;
      at += 17 + symbols;
    }
  }

  void take_quantisation_tables() {
    for (std::size_t at = begin_; at < end_;) {
      const unsigned precision = file_.bytes[at] >> 4, number = file_.bytes[at] & 15;
      const std::size_t bytes = 1 + 64 * (precision + std::size_t{1});
      if (precision > 1 || number > 3 || end_ - at < bytes) fail("a quantisation table of 64 numbers", end_ - at);
      quantisation_[number] = true;
      at += bytes;
    }
  }

  /// The decoder enlarges components by whole numbers.
  void require_whole_samples() {
    const auto factors = [&](std::size_t i) { return unsigned{file_.bytes[begin_ + 7 + 3 * i]}; };
    unsigned most_across = 1, most_down = 1;
    for (std::size_t i = 0; i < count_; ++i) {
      most_across = (std::max)(most_across, factors(i) >> 4);
      most_down = (std::max)(most_down, factors(i) & 15);
    }
    for (std::size_t i = 0; i < count_; ++i)
      if (most_across % (factors(i) >> 4) != 0 || most_down % (factors(i) & 15) != 0)
        fail("sampling factors that divide the largest one; save it again as PNG", factors(i));
  }

  void take_frame(unsigned marker) {
    if (marker > 0xC2)
      file_.fail(begin_ - 3, "baseline or progressive JPEG with Huffman codes (FF C0 to C2)",
                 "lossless, hierarchical or arithmetic coding; save it again as baseline JPEG or PNG");
    progressive_ = marker == 0xC2;
    if (count_ != 0) fail("one frame", 2);
    require_length(end_ - begin_ >= 6 && end_ - begin_ == 6 + 3 * std::size_t{file_.bytes[begin_ + 5]},
                   "a frame header with 3 bytes for each component");
    if (file_.bytes[begin_] != 8) fail("8 bits for each channel; save it again with 8", file_.bytes[begin_]);
    header_.height = file_.big16(begin_ + 1);
    header_.width = file_.big16(begin_ + 3);
    require_extents(file_, begin_ + 1, header_, most_pixels_);
    count_ = file_.bytes[begin_ + 5];
    if (count_ != 1 && count_ != 3 && count_ != 4) fail("1, 3 or 4 components", count_);
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t at = begin_ + 6 + 3 * i;
      const unsigned across = file_.bytes[at + 1] >> 4, down = file_.bytes[at + 1] & 15;
      if (across < 1 || across > 4 || down < 1 || down > 4) fail("sampling factors from 1 to 4", file_.bytes[at + 1]);
      components_[i] = {file_.bytes[at], file_.bytes[at + 2]};
      if (components_[i].table > 3) fail("a quantisation table of 4", components_[i].table);
    }
    require_whole_samples();
  }

  void take_scan() {
    if (count_ == 0) fail("a frame before its scans", 0);
    const std::size_t parts = end_ > begin_ ? file_.bytes[begin_] : 0;
    require_length(parts >= 1 && parts <= count_ && end_ - begin_ == 4 + 2 * parts,
                   "a scan header with its components");
    const std::size_t after = begin_ + 1 + 2 * parts;
    const unsigned first = file_.bytes[after], last = file_.bytes[after + 1];
    const unsigned before = file_.bytes[after + 2] >> 4, now = file_.bytes[after + 2] & 15;
    if (first > last || last > 63 || before > 13 || now > 13) fail("coefficients 0 to 63 and at most 13 bits", last);
    for (std::size_t i = 0; i < parts; ++i) {
      const unsigned id = file_.bytes[begin_ + 1 + 2 * i], tables = file_.bytes[begin_ + 2 + 2 * i];
      Component* const component = find(id);
      if (!component) fail("a component of the frame", id);
      const unsigned dc = tables >> 4, ac = tables & 15;
      const bool needs_dc = first == 0 && before == 0, needs_ac = !progressive_ || last > 0;
      if (dc > 3 || ac > 3 || (needs_dc && !huffman_[0][dc]) || (needs_ac && !huffman_[1][ac]))
        fail("a Huffman table that the file has", tables);
      if (!quantisation_[component->table]) fail("a quantisation table that the file has", component->table);
      if (first == 0 && before == 0) component->seen = true;
    }
    constexpr std::size_t most_scans = 100;  // each goes over all pixels, however few bytes it has
    if (++scans_ > most_scans) fail("at most 100 scans", scans_);
    const std::size_t start = at_;
    while (at_ + 1 < file_.size() && !is_marker(at_)) ++at_;
    file_.require(at_, 2, "a marker after the scan's data, to the end of the image (FF D9)");
    coded_ += at_ - start;
  }

  /// In a scan's data: FF 00 is a byte FF, and FF D0 to D7 are restarts.
  bool is_marker(std::size_t at) const {
    const unsigned next = file_.bytes[at + 1];
    return file_.bytes[at] == 0xFF && next != 0 && (next < 0xD0 || next > 0xD7);
  }

  Component* find(unsigned id) {
    for (std::size_t i = 0; i < count_; ++i)
      if (components_[i].id == id) return &components_[i];
    return nullptr;
  }

  void require_data() const {
    if (count_ == 0) file_.fail(at_, "a frame header (FF C0 to C2)", "the end of the image");
    for (std::size_t i = 0; i < count_; ++i)
      if (!components_[i].seen) file_.fail(at_, "scans of all " + std::to_string(count_) + " components", "fewer");
    if (count_ == 4 && adobe_ != 0 && adobe_ != 2)
      file_.fail(at_, "Adobe's marker, which says what four components mean", "none; save it again as RGB");
    // Each block of 8 × 8 has at least one bit.
    const std::uint64_t blocks = (header_.width + 7) / 8 * ((header_.height + 7) / 8);
    if (blocks / 8 > coded_)
      file_.fail(at_, std::to_string(blocks) + " blocks of pixels",
                 std::to_string(coded_) + " bytes of data, which can't hold so many");
  }

  const PictureBytes& file_;
  std::uint64_t most_pixels_;
  PictureHeader header_ = {};
  std::size_t at_ = 0, begin_ = 0, end_ = 0;  // where it reads; the current segment's content
  std::array<Component, 4> components_ = {};
  std::size_t count_ = 0, scans_ = 0;
  std::uint64_t coded_ = 0;
  std::array<std::array<bool, 4>, 2> huffman_ = {};
  std::array<bool, 4> quantisation_ = {};
  bool progressive_ = false;
  int adobe_ = -1;
};

}  // namespace odot::io::detail
