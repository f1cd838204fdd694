#pragma once
// SPDX-License-Identifier: MIT
// The JSON of a safetensors file's header, event by event: no tree of it is built, so that duplicate keys are noticed,
// the depth is bounded, and memory is used only for what is needed. Needs nlohmann/json: CMake target odot::io, or its
// folder on the include path.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#else
#error \
    "odot/io.hpp needs nlohmann/json (Debian, Ubuntu: nlohmann-json3-dev), and <nlohmann/json.hpp> is not found: link the CMake target odot::io, or put its folder on the include path"
#endif

namespace odot::io {

/// Where a tensor lies in a safetensors file.
struct SafetensorsEntry {
  std::string name;
  ScalarType type = ScalarType::f32;
  std::vector<std::size_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< bytes from the start of the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of the data, without gaps
  Snapshot::Facts facts;                  ///< "__metadata__"
};

/// What a file of these sizes may begin with.
inline constexpr std::uint64_t largest_safetensors_header = 100'000'000;  // bytes, as in the reference implementation
inline constexpr std::size_t largest_safetensors_rank = 64;               // as in PyTorch

#if __has_include(<nlohmann/json.hpp>)

namespace detail {

/// The type with this name; nothing if odot knows none.
inline std::optional<ScalarType> safetensors_type(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ScalarType::u64); ++i)
    if (name_of(static_cast<ScalarType>(i)) == name) return static_cast<ScalarType>(i);
  return std::nullopt;
}

/// Reads a text for the JSON parser and tells its position.
class TrackedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedText(const char* at, const char** farthest) : at_(at), farthest_(farthest) {}
  reference operator*() const { return *at_; }
  TrackedText& operator++() {
    *farthest_ = ++at_;
    return *this;
  }
  TrackedText operator++(int) {
    const TrackedText before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const TrackedText& a, const TrackedText& b) { return a.at_ == b.at_; }
  friend bool operator!=(const TrackedText& a, const TrackedText& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** farthest_;
};

/// Takes the parser's events and knows at each point what may come; nlohmann/json's SAX interface.
class SafetensorsEvents {
 public:
  SafetensorsEvents(const std::string& path, std::string_view json) : path_(path), json_(json), at_(json.data()) {}

  const char** farthest() { return &at_; }
  SafetensorsHeader& header() { return header_; }
  /// Offset in the file of an entry's name.
  std::uint64_t offset(std::size_t entry) const { return offsets_[entry]; }

  using string_t = std::string;

  bool null() { refuse("null"); }
  bool boolean(bool value) { refuse(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { refuse(std::to_string(value)); }
  bool number_float(double, const string_t& text) { refuse(shown_name(text)); }
  template <class Binary>
  bool binary(const Binary&) {
    refuse("binary data");
  }

  bool number_unsigned(std::uint64_t value) {
    SafetensorsEntry* const entry = header_.entries.empty() ? nullptr : &header_.entries.back();
    if (next_ == Next::extent) {
      if (entry->shape.size() == largest_safetensors_rank)
        refuse(std::to_string(value), "at most " + std::to_string(largest_safetensors_rank) + " extents");
      if (value > (std::numeric_limits<std::size_t>::max)())
        refuse(std::to_string(value), "an extent that memory can have");
      entry->shape.push_back(static_cast<std::size_t>(value));
    } else if (next_ == Next::begin) {
      entry->begin = value;
      next_ = Next::end;
    } else if (next_ == Next::end) {
      entry->end = value;
      next_ = Next::offsets_end;
    } else {
      refuse(std::to_string(value));
    }
    return true;
  }

  bool string(string_t& text) {
    if (next_ == Next::fact) {
      header_.facts.emplace(std::move(key_), std::move(text));
      next_ = Next::fact_name;
    } else if (next_ == Next::type) {
      const auto type = safetensors_type(text);
      if (!type)
        refuse("\"" + shown_name(text) + "\"", "BOOL, an integer of 8 to 64 bits, F16, BF16, F32 or F64 as dtype");
      header_.entries.back().type = *type;
      next_ = Next::field;
    } else {
      refuse("\"" + shown_name(text) + "\"");
    }
    return true;
  }

  bool key(string_t& text) {
    if (next_ == Next::fact_name) {
      if (header_.facts.contains(text)) refuse_twice(text);
      key_ = std::move(text);
      next_ = Next::fact;
    } else if (next_ == Next::field) {
      begin_field(text);
    } else {
      if (!names_.insert(text).second) refuse_twice(text);
      in_metadata_ = text == "__metadata__";
      if (!in_metadata_) {
        header_.entries.push_back({std::move(text), {}, {}, 0, 0});
        offsets_.push_back(offset());
        fields_ = {};
      }
      next_ = Next::value;
    }
    return true;
  }

  bool start_object(std::size_t) {
    if (next_ == Next::root) next_ = Next::name;
    else if (next_ == Next::value) next_ = in_metadata_ ? Next::fact_name : Next::field;
    else refuse("{");
    return true;
  }

  bool end_object() {
    if (next_ == Next::field)
      for (std::size_t f = 0; f < fields_.size(); ++f)
        if (!fields_[f])
          refuse("the end of the tensor \"" + shown_name(header_.entries.back().name) + "\"", field_names[f]);
    next_ = next_ == Next::name ? Next::nothing : Next::name;
    return true;
  }

  bool start_array(std::size_t) {
    if (next_ == Next::shape) next_ = Next::extent;
    else if (next_ == Next::offsets) next_ = Next::begin;
    else refuse("[");
    return true;
  }

  bool end_array() {
    if (next_ != Next::extent && next_ != Next::offsets_end) refuse("]");
    next_ = Next::field;
    return true;
  }

  template <class Exception>
  bool parse_error(std::size_t, const string_t&, const Exception& error) {
    const std::string_view what = error.what();
    const std::size_t reason = what.find(" - ");
    refuse(shown_name(reason == what.npos ? what : what.substr(reason + 3)), "JSON");
  }

  [[noreturn]] void refuse_at(std::uint64_t at, const std::string& expected, const std::string& found) const {
    throw FormatError(path_, at, expected, found);
  }

 private:
  enum class Next {
    root,
    name,
    value,
    field,
    type,
    shape,
    extent,
    offsets,
    begin,
    end,
    offsets_end,
    fact_name,
    fact,
    nothing
  };
  static constexpr std::array<const char*, 3> field_names{"dtype", "shape", "data_offsets"};

  std::uint64_t offset() const { return 8 + static_cast<std::uint64_t>(at_ - json_.data()); }

  [[noreturn]] void refuse(const std::string& found, const std::string& expected = {}) const {
    static constexpr std::array<const char*, 14> expectations{"an object",
                                                              "a name",
                                                              "an object",
                                                              "dtype, shape or data_offsets",
                                                              "a text as dtype",
                                                              "an array as shape",
                                                              "an extent, a whole number that is not negative",
                                                              "an array as data_offsets",
                                                              "a first offset, a whole number that is not negative",
                                                              "a last offset, a whole number that is not negative",
                                                              "two offsets",
                                                              "a fact's name",
                                                              "a text as a fact's value",
                                                              "the end of the header"};
    refuse_at(offset(), expected.empty() ? expectations[static_cast<std::size_t>(next_)] : expected, found);
  }
  [[noreturn]] void refuse_twice(std::string_view name) const {
    refuse("\"" + shown_name(name) + "\" once more", "each key once");
  }

  void begin_field(const std::string& name) {
    constexpr std::array<Next, 3> values{Next::type, Next::shape, Next::offsets};
    const auto field = std::find(field_names.begin(), field_names.end(), name);
    if (field == field_names.end()) refuse("\"" + shown_name(name) + "\"");
    const auto f = static_cast<std::size_t>(field - field_names.begin());
    if (fields_[f]) refuse_twice(name);
    fields_[f] = true;
    next_ = values[f];
  }

  const std::string& path_;
  std::string_view json_;
  const char* at_;
  Next next_ = Next::root;
  SafetensorsHeader header_;
  std::vector<std::uint64_t> offsets_;
  std::set<std::string> names_;
  std::string key_;
  std::array<bool, 3> fields_{};  // those of the entry so far
  bool in_metadata_ = false;
};

}  // namespace detail

#endif

}  // namespace odot::io
