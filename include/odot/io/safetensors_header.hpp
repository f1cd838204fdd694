#pragma once
// SPDX-License-Identifier: MIT
// The header of a safetensors file, read with every check, and written.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/core/utf8.hpp"
#include "odot/io/safetensors_events.hpp"

namespace odot::io {

/// The header, `json`, of a file with `data_bytes` bytes of data. Path and offsets are for errors.
/// Errors  FormatError: anything that breaks the format: invalid JSON or UTF-8, duplicate keys, deeper levels, unknown
///         types, sizes that contradict each other or the file's
SafetensorsHeader read_safetensors_header(const std::string& path, std::string_view json, std::uint64_t data_bytes);

/// The header of these arrays in this order, with spaces at its end so that the data begins at a multiple of 8 bytes.
/// Errors  ArgumentError: a name or fact that is not UTF-8, or an array called "__metadata__"
std::string safetensors_header(const std::vector<const Snapshot::Array*>& arrays, const Snapshot::Facts& facts);

#if __has_include(<nlohmann/json.hpp>)

namespace detail {

/// The offset of the first byte that is not UTF-8; the size if all are.
inline std::size_t end_of_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8::front(text.substr(at)).length;
    if (length == 0) break;
    at += length;
  }
  return at;
}

/// Throws unless an entry's bytes are those of its shape and type, and within the data. `fail(expected, found)`
template <class Fail>
void check_entry(const SafetensorsEntry& entry, std::uint64_t data_bytes, const Fail& fail) {
  const std::string range = std::to_string(entry.begin) + " to " + std::to_string(entry.end);
  if (entry.end < entry.begin) fail("offsets in their order", range);
  if (entry.end > data_bytes) fail("offsets within " + std::to_string(data_bytes) + " bytes of data", range);
  const std::optional<std::size_t> bytes = array_bytes(entry.shape, size_of(entry.type));
  const std::string shape = Snapshot::Array{{}, entry.shape, entry.type, {}}.description();
  if (!bytes) fail("a shape that memory can have", shape);
  if (*bytes != entry.end - entry.begin)
    fail(std::to_string(*bytes) + " bytes of " + shape, std::to_string(entry.end - entry.begin) + " (" + range + ")");
}

/// Sorts the entries by their offsets; throws unless each is sound and begins where the one before ends.
inline void check_entries(SafetensorsEvents& events, std::uint64_t json_bytes, std::uint64_t data_bytes) {
  auto& entries = events.header().entries;
  std::vector<std::pair<SafetensorsEntry, std::uint64_t>> sorted;
  for (std::size_t i = 0; i < entries.size(); ++i) sorted.emplace_back(std::move(entries[i]), events.offset(i));
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.begin, a.first.end) < std::pair(b.first.begin, b.first.end);
  });
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [entry, offset] = sorted[i];
    const auto fail = [&, at = offset](const std::string& expected, const std::string& found) {
      events.refuse_at(at, expected + " of \"" + shown_name(sorted[i].first.name) + "\"", found);
    };
    check_entry(entry, data_bytes, fail);
    if (entry.begin != end)
      fail("the data to continue at " + std::to_string(end) + ", without gap or overlap, with the offsets",
           std::to_string(entry.begin) + " to " + std::to_string(entry.end));
    end = entry.end;
  }
  if (end != data_bytes)
    events.refuse_at(8 + json_bytes + end, "the end of the file after the last tensor",
                     std::to_string(data_bytes - end) + " more bytes");
  for (std::size_t i = 0; i < sorted.size(); ++i) entries[i] = std::move(sorted[i].first);
}

/// A text as a JSON string. `what` names it in the error.
inline std::string json_text(const char* what, const std::string& text) {
  if (end_of_utf8(text) != text.size())
    throw ArgumentError(std::string("odot::io: ") + what + " must be UTF-8, found \"" + shown_name(text) + "\"");
  return nlohmann::json(text).dump();
}

}  // namespace detail

inline SafetensorsHeader read_safetensors_header(const std::string& path, std::string_view json,
                                                 std::uint64_t data_bytes) {
  detail::SafetensorsEvents events(path, json);
  if (!json.starts_with('{'))
    events.refuse_at(8, "a header that begins with {",
                     json.empty() ? "none" : "\"" + shown_name(json.substr(0, 8)) + "\"");
  if (const std::size_t end = detail::end_of_utf8(json); end != json.size())
    events.refuse_at(8 + end, "UTF-8", "bytes that are none");
  if (const std::size_t zero = json.find('\0'); zero != json.npos)  // the parser would take it for the text's end
    events.refuse_at(8 + zero, "JSON", "a byte that is 0");
  const char** const farthest = events.farthest();
  nlohmann::json::sax_parse(detail::TrackedText(json.data(), farthest),
                            detail::TrackedText(json.data() + json.size(), farthest), &events);
  detail::check_entries(events, json.size(), data_bytes);
  return std::move(events.header());
}

inline std::string safetensors_header(const std::vector<const Snapshot::Array*>& arrays, const Snapshot::Facts& facts) {
  std::string json = "{";
  auto separate = [&json, first = true]() mutable {
    if (!std::exchange(first, false)) json += ',';
  };
  if (!facts.empty()) {
    separate();
    json += "\"__metadata__\":{";
    for (bool first = true; const auto& [name, text] : facts) {
      if (!std::exchange(first, false)) json += ',';
      json += detail::json_text("a fact's name", name) + ":" + detail::json_text("a fact", text);
    }
    json += '}';
  }
  std::uint64_t begin = 0;
  for (const Snapshot::Array* array : arrays) {
    if (array->name == "__metadata__") throw ArgumentError("odot::io: an array can't be called \"__metadata__\"");
    separate();
    json += detail::json_text("an array's name", array->name) + ":{\"dtype\":\"" + std::string(name_of(array->type)) +
            "\",\"shape\":[";
    for (std::size_t i = 0; i < array->shape.size(); ++i)
      json.append(i == 0 ? "" : ",").append(std::to_string(array->shape[i]));
    const std::uint64_t end = begin + array->bytes.size();
    json += "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    begin = end;
  }
  json += '}';
  json.resize((json.size() + 7) / 8 * 8, ' ');
  return json;
}

#endif

}  // namespace odot::io
