#pragma once
// SPDX-License-Identifier: MIT
// CRC-32C, the checksum of TensorBoard's records.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace odot::io {

namespace detail {

/// The remainders of all bytes, for the reversed polynomial of Castagnoli.
inline constexpr std::array<std::uint32_t, 256> crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = remainder;
  }
  return table;
}();

}  // namespace detail

/// The CRC-32C of these bytes: 0xE3069283 for "123456789".
/// Source  RFC 3720, appendix B.4
constexpr std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t remainder = 0xFFFFFFFFu;
  for (const char byte : bytes)
    remainder = remainder >> 8 ^ detail::crc32c_table[(remainder ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~remainder;
}

/// A checksum as TensorFlow's records keep it, so that the checksum of a record that contains checksums is no special
/// case.
constexpr std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

}  // namespace odot::io
