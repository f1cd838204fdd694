#pragma once
// SPDX-License-Identifier: MIT
// Names from elsewhere, as messages show them.

#include <cstddef>
#include <string>
#include <string_view>

#include "odot/core/config.hpp"
#include "odot/core/utf8.hpp"

namespace odot {

/// A name as messages show it: on one line, without what moves a terminal's cursor, cut off after about so many bytes.
ODOT_FUNCTION std::string shown_name(std::string_view name, std::size_t longest = 200);

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::string shown_name(std::string_view name, std::size_t longest) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string shown;
  while (!name.empty() && shown.size() < longest) {
    const utf8::Character front = utf8::front(name);
    if (front.length == 0 || utf8::is_control(front.code)) {
      const auto byte = static_cast<unsigned char>(name.front());
      shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      name.remove_prefix(1);
    } else {
      shown += name.substr(0, front.length);
      name.remove_prefix(front.length);
    }
  }
  return name.empty() ? shown : shown + "…";
}

#endif

}  // namespace odot
