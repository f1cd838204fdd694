#pragma once
// SPDX-License-Identifier: MIT
// IDX, the format of MNIST and similar sets: 00 00 | type | rank | rank × u32 big-endian | data. Here: unsigned bytes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/byte_source.hpp"

namespace odot::data {

/// An array of unsigned bytes as an IDX file holds it, row-major.
template <std::size_t Rank>
struct Idx {
  static constexpr std::size_t header_size = 4 + 4 * Rank;  // bytes

  std::array<std::uint32_t, Rank> extents{};
  std::vector<std::uint8_t> values;
};

/// Reads a whole IDX file of unsigned bytes and of the given rank: 1 for labels, 3 for images.
/// Errors  FormatError: a wrong type, rank or byte order; an extent of 0; fewer or more bytes than the extents say
/// Source  Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "The IDX file format"
template <std::size_t Rank, class Source>
ODOT_COLD Idx<Rank> read_idx(ByteSource<Source>& source);

/// The same from a plain file. For a file that may be gzipped, see read_file in odot/data/gzip.hpp.
template <std::size_t Rank>
Idx<Rank> read_idx(const std::filesystem::path& path) {
  FileSource source(path);
  return read_idx<Rank>(source);
}

namespace detail {

ODOT_COLD inline std::string foreign_magic(std::span<const std::uint8_t, 4> magic) {
  std::string found = hex(magic);
  if (magic[0] == 0x1F && magic[1] == 0x8B) found += " (gzip: read it through odot::data::read_file)";
  if (magic[1] == 0x08 && magic[2] == 0 && magic[3] == 0) found += " (a little-endian header; IDX is big-endian)";
  return found;
}

ODOT_COLD inline void require_idx_magic(const std::string& path, std::span<const std::uint8_t, 4> magic,
                                        std::size_t rank) {
  if (magic[0] != 0 || magic[1] != 0)
    throw FormatError(path, 0, "an IDX file, 00 00 08 0" + std::to_string(rank), foreign_magic(magic));
  if (magic[2] != 0x08) throw FormatError(path, 2, "IDX type 08, unsigned bytes", "type " + hex(magic.subspan(2, 1)));
  if (magic[3] != rank) throw FormatError(path, 3, "rank " + std::to_string(rank), "rank " + std::to_string(magic[3]));
}

inline std::uint32_t big_endian(std::span<const std::uint8_t, 4> bytes) {
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) | (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

/// The number of elements, at most a size that fits memory and a file with its header.
ODOT_COLD inline std::uint64_t idx_elements(const std::string& path, std::span<const std::uint32_t> extents) {
  constexpr std::uint64_t most = (std::numeric_limits<std::size_t>::max)() / 2;
  std::uint64_t elements = 1;
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    const std::uint64_t at = 4 + 4 * axis;
    if (extents[axis] == 0) throw FormatError(path, at, "an extent of at least 1", "0");
    if (extents[axis] > most / elements)
      throw FormatError(path, at, "extents whose product is a possible size",
                        std::to_string(elements) + " × " + std::to_string(extents[axis]));
    elements *= extents[axis];
  }
  return elements;
}

}  // namespace detail

template <std::size_t Rank, class Source>
Idx<Rank> read_idx(ByteSource<Source>& source) {
  static_assert(Rank >= 1 && Rank <= 4, "odot::data::read_idx: the rank must be from 1 to 4");
  std::array<std::uint8_t, Idx<Rank>::header_size> header{};
  const std::span<std::uint8_t, Idx<Rank>::header_size> bytes(header);
  source.read(bytes.template first<4>(), "the IDX magic number");
  detail::require_idx_magic(source.path(), bytes.template first<4>(), Rank);
  source.read(bytes.template subspan<4>(), "IDX extents");

  Idx<Rank> idx;
  for (std::size_t axis = 0; axis < Rank; ++axis)
    idx.extents[axis] = detail::big_endian(bytes.subspan(4 + 4 * axis).template first<4>());
  const std::uint64_t elements = detail::idx_elements(source.path(), idx.extents);
  static_cast<Source&>(source).require_size(header.size() + elements);
  idx.values.resize(static_cast<std::size_t>(elements));
  source.read(idx.values, "IDX data");
  source.require_end();
  return idx;
}

}  // namespace odot::data
