#pragma once
// SPDX-License-Identifier: MIT
// UTF-8 character by character, for text that goes into messages and pictures.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace odot::utf8 {

/// The character at the front of a text: its code point, and its length in bytes, 1 to 4. Length 0: the bytes there are
/// not UTF-8, or there are none.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;
};

constexpr Character front(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [text](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >> 5 == 0x06 ? 2 : lead >> 4 == 0x0E ? 3 : lead >> 3 == 0x1E ? 4 : 0;
  if (length == 0 || length > text.size()) return {};
  std::uint32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 0x02) return {};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  // below: a longer form than needed
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least[length] || code > 0x10FFFF || surrogate) return {};
  return {code, length};
}

/// Whether a character moves a terminal's cursor or begins a command to it, rather than being shown.
constexpr bool is_control(std::uint32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

}  // namespace odot::utf8
