#pragma once
// SPDX-License-Identifier: MIT
// GzipSource: a gzipped file as a ByteSource; read_file: a file that is plain or gzipped, told apart by content. The
// only header that includes zlib's header, if there is one; a program that reads files through it must then link zlib.

#if __has_include(<zlib.h>)
#include <zlib.h>
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>

#include "odot/core/error.hpp"
#include "odot/data/byte_source.hpp"

namespace odot::data {

/// Whether a file starts with gzip's 1F 8B, whatever its name. Throws FileError if it can't be read.
ODOT_COLD inline bool is_gzip(const std::filesystem::path& path) {
  std::array<std::uint8_t, 2> magic{};
  return FileSource(path).read_some(magic) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
}

/// Returns read(source), where source is the (uncompressed) content of a plain or gzipped file.
/// Errors  FileError: the file can't be read; it is gzipped, and the program was compiled without zlib
template <class Read>
ODOT_COLD auto read_file(const std::filesystem::path& path, const Read& read);

#if __has_include(<zlib.h>)

/// The uncompressed content of a gzipped file, of one or more members. Checksums and lengths are verified by the time
/// require_end returns. Zeros after a member, as tapes and disks leave them, are ignored; any other bytes that are not gzip
/// are an error.
class GzipSource final : public ByteSource<GzipSource> {
 public:
  ODOT_COLD explicit GzipSource(const std::filesystem::path& path);
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() { inflateEnd(&stream_); }

  /// The exact size is not known before the end, but deflate makes at most 1032 bytes from one.
  ODOT_COLD void require_size(std::uint64_t total) const;
  std::size_t read_some(std::span<std::uint8_t> bytes);

 private:
  bool refill();
  ODOT_COLD bool next_member();
  void inflate_some();

  FileSource file_;
  z_stream stream_{};
  std::array<std::uint8_t, std::size_t{1} << 16> input_{};  // compressed bytes, not yet read by zlib
  std::uint64_t produced_ = 0;                              // uncompressed bytes
  bool member_ended_ = false;
};

inline GzipSource::GzipSource(const std::filesystem::path& path) : ByteSource(path.string()), file_(path) {
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream_, gzip_only) != Z_OK) throw FileError(this->path(), "zlib can't start; is memory short?");
}

inline void GzipSource::require_size(std::uint64_t total) const {
  constexpr std::uint64_t best_ratio = 1032;  // 258 bytes from 2 bits
  if (total / best_ratio > file_.size())
    fail(offset(), "gzipped content of " + std::to_string(total) + " bytes",
         "a file of " + std::to_string(file_.size()) + " bytes, too small to hold it");
}

inline std::size_t GzipSource::read_some(std::span<std::uint8_t> bytes) {
  std::size_t got = 0;
  while (got < bytes.size()) {
    if (member_ended_ && !next_member()) break;
    const std::size_t room = std::min<std::size_t>(bytes.size() - got, (std::numeric_limits<uInt>::max)());
    stream_.next_out = bytes.data() + got;
    stream_.avail_out = static_cast<uInt>(room);
    inflate_some();
    got += room - stream_.avail_out;
  }
  return got;
}

/// Makes compressed bytes available to zlib; false at the end of the file.
inline bool GzipSource::refill() {
  if (stream_.avail_in > 0) return true;
  stream_.next_in = input_.data();
  stream_.avail_in = static_cast<uInt>(file_.read_some(input_));
  return stream_.avail_in > 0;
}

/// Goes on to the next member; false at the end of the file.
inline bool GzipSource::next_member() {
  while (refill() && *stream_.next_in == 0) ++stream_.next_in, --stream_.avail_in;
  if (!refill()) return false;
  if (*stream_.next_in != 0x1F)
    fail(produced_, "the end of the gzipped file, or another gzip member",
         "more bytes, " + detail::hex({stream_.next_in, 1}) + " first");
  inflateReset(&stream_);
  member_ended_ = false;
  return true;
}

inline void GzipSource::inflate_some() {
  if (!refill()) fail(produced_, "a complete gzip stream", "the end of the file; it is truncated");
  const uInt room = stream_.avail_out;
  const int status = inflate(&stream_, Z_NO_FLUSH);
  produced_ += room - stream_.avail_out;
  if (status == Z_STREAM_END) member_ended_ = true;
  if (status == Z_MEM_ERROR) throw FileError(path(), "zlib ran out of memory");
  if (status != Z_OK && status != Z_STREAM_END)
    fail(produced_, "valid gzip data", stream_.msg ? stream_.msg : "data that zlib can't read");
}

#endif

template <class Read>
auto read_file(const std::filesystem::path& path, const Read& read) {
  if (is_gzip(path)) {
#if __has_include(<zlib.h>)
    GzipSource source(path);
    return read(source);
#else
    throw FileError(path.string(), "is gzipped, and this program was compiled without zlib; unpack it with gunzip");
#endif
  }
  FileSource source(path);
  return read(source);
}

}  // namespace odot::data
