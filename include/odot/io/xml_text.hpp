#pragma once
// SPDX-License-Identifier: MIT
// Text for XML.

#include <string>
#include <string_view>

#include "odot/core/utf8.hpp"

namespace odot::io {

/// Any text as the content of an XML element, or an attribute's value: & < > " ' as entities, control characters as
/// blanks. What is not UTF-8, and the few characters that XML excludes, become U+FFFD, byte by byte.
inline std::string xml_text(std::string_view text) {
  std::string xml;
  while (!text.empty()) {
    const utf8::Character c = utf8::front(text);
    if (c.length == 0 || c.code == 0xFFFE || c.code == 0xFFFF) xml += "\xEF\xBF\xBD";
    else if (utf8::is_control(c.code)) xml += ' ';
    else if (c.code == '&') xml += "&amp;";
    else if (c.code == '<') xml += "&lt;";
    else if (c.code == '>') xml += "&gt;";
    else if (c.code == '"') xml += "&quot;";
    else if (c.code == '\'') xml += "&#39;";
    else xml += text.substr(0, c.length);
    text.remove_prefix(c.length == 0 ? 1 : c.length);
  }
  return xml;
}

}  // namespace odot::io
