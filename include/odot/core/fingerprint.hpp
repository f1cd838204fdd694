#pragma once
// SPDX-License-Identifier: MIT
// Fingerprint: identity by value. Addresses of inline variables and types differ between the shared libraries of a program
// whose symbols are hidden; texts and numbers don't.

#include <cstdint>
#include <string_view>

namespace odot {

/// Texts and numbers as one number, step by step: FNV-1a.
class Fingerprint {
 public:
  constexpr void add(std::string_view text) {
    for (const char letter : text) mix(static_cast<unsigned char>(letter));
    mix(0);
  }
  constexpr void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) mix(static_cast<unsigned char>(number >> 8 * byte));
  }
  constexpr std::uint64_t value() const { return value_; }

 private:
  constexpr void mix(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3u; }

  std::uint64_t value_ = 0xCBF29CE484222325u;
};

}  // namespace odot
