#pragma once
// SPDX-License-Identifier: MIT
// Snapshots as safetensors files: a format for named arrays, which PyTorch and most tools for weights use.
//     bytes 0 to 7    the header's size N, little-endian
//     N bytes         the header, JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//     the rest        the arrays' numbers, little-endian, row-major, without gaps

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/data/byte_source.hpp"
#include "odot/io/safetensors_header.hpp"
#include "odot/io/write_file.hpp"

namespace odot::io {

static_assert(std::endian::native == std::endian::little,
              "odot::io: safetensors files are little-endian, and this machine is not; odot does not swap bytes");

/// All arrays of a file, in the order of its data, and its metadata as facts.
/// Errors  FileError: the file can't be opened or read
///         FormatError: path, offset, what was expected and found. No byte of the file can have another effect: sizes
///         are checked against the file's before memory is allocated for them
inline Snapshot read_safetensors(const std::filesystem::path& path);

/// Replaces a file's content by the arrays and facts, completely or not at all (write_file). The bytes are those that
/// Python's safetensors writes: wider types first, then by name.
/// Errors  FileError, as write_file;  ArgumentError: a name or fact that is not UTF-8
inline void write_safetensors(const std::filesystem::path& path, const Snapshot& snapshot);

/// The bytes that write_safetensors writes. The array called `last` comes after all others.
inline std::string safetensors_content(const Snapshot& snapshot, std::string_view last = {});

namespace detail {

inline std::uint64_t header_size(data::FileSource& file) {
  std::array<std::uint8_t, 8> bytes{};
  file.read(bytes, "a header's size");
  const auto size = std::bit_cast<std::uint64_t>(bytes);
  const auto refuse = [&](const std::string& expected) {
    throw FormatError(file.path(), 0, expected, std::to_string(size));
  };
  if (size > largest_safetensors_header)
    refuse("a header of at most " + std::to_string(largest_safetensors_header) + " bytes");
  const std::uint64_t rest = file.size() < bytes.size() ? 0 : file.size() - bytes.size();
  if (size > rest) refuse("a header of at most " + std::to_string(rest) + " bytes, which the file has");
  return size;
}

template <class T>
std::span<std::uint8_t> writable_bytes(T& values) {
  return {reinterpret_cast<std::uint8_t*>(values.data()), values.size()};
}

}  // namespace detail

inline Snapshot read_safetensors(const std::filesystem::path& path) {
  data::FileSource file(path);
  std::string json(static_cast<std::size_t>(detail::header_size(file)), '\0');
  file.read(detail::writable_bytes(json), "header");
  SafetensorsHeader header = read_safetensors_header(file.path(), json, file.size() - 8 - json.size());
  std::string().swap(json);
  Snapshot snapshot;
  for (SafetensorsEntry& entry : header.entries) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(entry.end - entry.begin));
    file.read(detail::writable_bytes(bytes), "a tensor");
    snapshot.add({std::move(entry.name), std::move(entry.shape), entry.type, std::move(bytes)});
  }
  file.require_end();
  for (auto& [name, text] : header.facts) snapshot.set_fact(name, std::move(text));
  return snapshot;
}

inline std::string safetensors_content(const Snapshot& snapshot, std::string_view last) {
  std::vector<const Snapshot::Array*> arrays;
  std::size_t bytes = 0;
  for (const auto& array : snapshot.arrays()) {
    arrays.push_back(&array);
    bytes += array.bytes.size();
  }
  std::sort(arrays.begin(), arrays.end(), [&](const auto* a, const auto* b) {
    if (const bool a_last = a->name == last; a_last != (b->name == last)) return !a_last;
    return a->type != b->type ? a->type > b->type : a->name < b->name;
  });
  const std::string header = safetensors_header(arrays, snapshot.facts());
  const auto size = std::bit_cast<std::array<char, 8>>(std::uint64_t{header.size()});
  std::string content;
  content.reserve(size.size() + header.size() + bytes);
  content.append(size.data(), size.size()).append(header);
  for (const auto* array : arrays)
    if (!array->bytes.empty()) content.append(reinterpret_cast<const char*>(array->bytes.data()), array->bytes.size());
  return content;
}

inline void write_safetensors(const std::filesystem::path& path, const Snapshot& snapshot) {
  write_file(path, safetensors_content(snapshot));
}

}  // namespace odot::io
