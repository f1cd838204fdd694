#pragma once
// SPDX-License-Identifier: MIT
// Fields of CSV files.

#include <string>

namespace odot::io {

/// A field as it is, or in quotes where a reader would cut it.
inline std::string csv_field(const std::string& field) {
  if (field.find_first_of(",\"\n\r") == std::string::npos) return field;
  std::string text = "\"";
  for (const char letter : field) text += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return text + '"';
}

}  // namespace odot::io
