#pragma once
// SPDX-License-Identifier: MIT
// Snapshots in files that can be checked for damage: safetensors files whose last array, "sha256" of type U8 [32], is
// the SHA-256 of all bytes before it.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/data/byte_source.hpp"
#include "odot/io/safetensors.hpp"
#include "odot/io/sha256.hpp"
#include "odot/io/write_file.hpp"

namespace odot::io {

/// Writes a snapshot with its digest, completely or not at all, and flushes file and folder to the disk.
/// Errors  FileError, as write_file;  ArgumentError: a name or fact that is not UTF-8; an array called "sha256"
inline void write_checkpoint(const std::filesystem::path& path, Snapshot snapshot);

/// Reads it back. A file with a missing, additional or changed byte is refused.
/// Errors  FileError: the file can't be read;  FormatError: its digest is not that of its bytes
inline Snapshot read_checkpoint(const std::filesystem::path& path);

namespace detail {

inline constexpr const char* digest_name = "sha256";

inline std::string hex_digits(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  return text;
}

/// Throws FormatError unless the file's last bytes are the digest of those before.
inline void require_digest(const std::filesystem::path& path) {
  data::FileSource file(path);
  Sha256::Digest found{};
  if (file.size() < found.size())
    throw FormatError(file.path(), file.size(), "a checkpoint, whose last 32 bytes are a SHA-256",
                      std::to_string(file.size()) + " bytes");
  const std::uint64_t end = file.size() - found.size();
  Sha256 sha;
  std::vector<std::uint8_t> piece(std::size_t{1} << 16);
  while (file.offset() < end) {
    const auto bytes =
        std::span(piece).first(static_cast<std::size_t>((std::min)(std::uint64_t{piece.size()}, end - file.offset())));
    file.read(bytes, "a checkpoint");
    sha.add(bytes);
  }
  file.read(found, "a SHA-256");
  file.require_end();
  if (const Sha256::Digest expected = sha.digest(); found != expected)
    throw FormatError(file.path(), end, "the SHA-256 of the bytes before it, " + hex_digits(expected),
                      hex_digits(found) + "; the file is cut off or damaged");
}

}  // namespace detail

inline void write_checkpoint(const std::filesystem::path& path, Snapshot snapshot) {
  Sha256::Digest digest{};
  snapshot.add(detail::digest_name, {digest.size()}, std::span<const std::uint8_t>(digest));
  std::string content = safetensors_content(snapshot, detail::digest_name);
  const std::size_t end = content.size() - digest.size();
  Sha256 sha;
  sha.add(std::string_view(content).substr(0, end));
  digest = sha.digest();
  std::copy(digest.begin(), digest.end(), content.begin() + static_cast<std::ptrdiff_t>(end));
  write_file(path, content);
  const std::filesystem::path folder = path.parent_path();
  sync_folder(folder.empty() ? std::filesystem::path(".") : folder);
}

inline Snapshot read_checkpoint(const std::filesystem::path& path) {
  detail::require_digest(path);
  Snapshot file = read_safetensors(path), kept;
  for (const auto& [name, text] : file.facts()) kept.set_fact(name, text);
  for (Snapshot::Array& array : std::move(file).arrays())
    if (array.name != detail::digest_name) kept.add(std::move(array));
  return kept;
}

}  // namespace odot::io
