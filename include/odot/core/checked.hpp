#pragma once
// SPDX-License-Identifier: MIT
// Sizes whose product or narrower type might not hold them: checked, so that no memory is smaller than its elements.

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "odot/core/error.hpp"

namespace odot {

namespace detail {
[[noreturn]] ODOT_COLD inline void refuse_product(const char* what, std::size_t count, std::size_t each) {
  throw ArgumentError(std::string(what) + ": " + std::to_string(count) + " × " + std::to_string(each) +
                      " is more than memory can have; choose fewer");
}
[[noreturn]] ODOT_COLD inline void refuse_int(const char* what, std::size_t size, int most) {
  throw ArgumentError(std::string(what) + ": an extent of " + std::to_string(size) + ", at most " +
                      std::to_string(most) + "; choose a smaller batch");
}
}  // namespace detail

/// count · each, both numbers of things. Throws ArgumentError, in the name of `what`, where that is more than memory
/// can have (half of std::size_t's range).
constexpr std::size_t checked_product(const char* what, std::size_t count, std::size_t each) {
  constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)() / 2;
  if (each != 0 && count > most / each) detail::refuse_product(what, count, each);
  return count * each;
}

/// Bytes of an array of these extents, with elements of `each` bytes; 0 if an extent is 0. Nothing if the product of
/// the extents that are not 0 exceeds what memory can hold; so the order of the extents does not matter, and the
/// product of any part of them is safe.
constexpr std::optional<std::size_t> array_bytes(std::span<const std::size_t> extents, std::size_t each) {
  constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)() / 2;
  std::size_t bytes = each;
  bool is_empty = false;
  for (const std::size_t extent : extents) {
    if (extent == 0) {
      is_empty = true;
    } else {
      if (bytes > most / extent) return std::nullopt;
      bytes *= extent;
    }
  }
  return is_empty ? 0 : bytes;
}

/// `size` as an int, for libraries that count in ints. Throws ArgumentError, in the name of `what`, where it is larger.
constexpr int checked_int(const char* what, std::size_t size) {
  constexpr int most = (std::numeric_limits<int>::max)();
  if (size > static_cast<std::size_t>(most)) detail::refuse_int(what, size, most);
  return static_cast<int>(size);
}

}  // namespace odot
