#pragma once
// SPDX-License-Identifier: MIT
// How much room text takes in a chart. A browser has its own fonts; sans-serif ones are about as wide as this.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "odot/core/utf8.hpp"

namespace odot::io {

/// The width of a line of text, in units of SVG as its size is.
inline double text_width(std::string_view text, double size) {
  constexpr double of_a_character = 0.62;  // of its height, on average; digits are all 0.636 in DejaVu Sans
  std::size_t characters = 0;
  for (; !text.empty(); ++characters)
    text.remove_prefix(std::max<std::size_t>(utf8::front(text).length, 1));  // a byte that is no UTF-8 is shown as one
  return of_a_character * size * static_cast<double>(characters);
}

/// The largest whole size up to `most` in which the text fits the room; 6, if there is none.
inline int fitting_size(std::string_view text, int most, double room) {
  int size = most;
  while (size > 6 && text_width(text, size) > room) --size;
  return size;
}

}  // namespace odot::io
