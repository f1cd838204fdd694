#pragma once
// SPDX-License-Identifier: MIT
// Snapshot: the saved state of a network, an optimizer or a training, as named arrays and named facts in host memory.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/scalar_type.hpp"
#include "odot/core/shown_name.hpp"

namespace odot {

/// Named arrays and named facts.
///     Snapshot kept = network.snapshot();
///     kept.set_fact("epoch", 3);
///     network.restore(kept);
class Snapshot {
 public:
  struct Array {
    std::string name;
    std::vector<std::size_t> shape;  ///< extents; none: a single number
    ScalarType type = ScalarType::f32;
    std::vector<std::byte> bytes;  ///< row-major, in the host's byte order

    std::size_t size() const { return bytes.size() / size_of(type); }  ///< elements
    /// "F32 [10, 784]"
    std::string description() const;
  };
  using Facts = std::map<std::string, std::string, std::less<>>;

  // ---- arrays, in the order in which they were added

  const std::vector<Array>& arrays() const& ODOT_LIFETIMEBOUND { return arrays_; }
  std::vector<Array> arrays() && { return std::move(arrays_); }
  /// The array with this name; null if there is none.
  const Array* find(std::string_view name) const ODOT_LIFETIMEBOUND;

  /// Errors  ArgumentError: there is an array with this name already; the number of bytes does not fit type and shape
  void add(Array array);
  template <class T>
  void add(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
    Array array{std::move(name), std::move(shape), scalar_type_of<T>(), std::vector<std::byte>(values.size_bytes())};
    if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), values.size_bytes());
    add(std::move(array));
  }

  // ---- facts: texts; a number is the shortest text that reads back as the same number

  const Facts& facts() const& ODOT_LIFETIMEBOUND { return facts_; }
  Facts facts() && { return std::move(facts_); }
  void set_fact(std::string name, std::string text);
  template <std::integral T>
  void set_fact(std::string name, T number) {
    set_fact(std::move(name), std::to_string(number));
  }
  template <std::floating_point T>
  void set_fact(std::string name, T number) {
    set_fact(std::move(name), number_text::shortest(number));
  }

  /// The fact with this name: its text, as a number, as an integer that is not negative. Nothing if there is no such
  /// fact, or if it is not such a number.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<std::uint64_t> count(std::string_view name) const;

  // ---- the same for what must be there: otherwise, or if it is something else, an ArgumentError gives its name

  std::string required_text(std::string_view name) const;
  double required_number(std::string_view name) const;
  std::uint64_t required_count(std::string_view name) const;
  /// The numbers of an array of T.
  template <class T>
  std::vector<T> values(std::string_view name) const {
    const Array& array = required(name, scalar_type_of<T>());
    std::vector<T> numbers(array.size());
    if (!numbers.empty()) std::memcpy(numbers.data(), array.bytes.data(), array.bytes.size());
    return numbers;
  }

  // ---- several snapshots in one

  /// Adds another's arrays and facts, with `prefix` before their names; a fact that is there already gets the other's
  /// text. Throws ArgumentError if an array's name is taken; then nothing is added.
  void merge(Snapshot other, std::string_view prefix = "");
  /// The arrays and facts whose names begin with `prefix`, without it.
  Snapshot part(std::string_view prefix) const;

 private:
  const Array& required(std::string_view name, ScalarType type) const;

  std::vector<Array> arrays_;
  std::map<std::string, std::size_t, std::less<>> index_;
  Facts facts_;
};

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::string Snapshot::Array::description() const {
  std::string text = std::string(name_of(type)) + " [";
  for (std::size_t i = 0; i < shape.size(); ++i) text.append(i == 0 ? "" : ", ").append(std::to_string(shape[i]));
  return text + "]";
}

ODOT_FUNCTION const Snapshot::Array* Snapshot::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &arrays_[found->second];
}

namespace detail {

[[noreturn]] ODOT_COLD inline void refuse_taken_name(std::string_view name) {
  throw ArgumentError("odot::Snapshot: there is an array called \"" + shown_name(name) + "\" already");
}

}  // namespace detail

ODOT_FUNCTION void Snapshot::add(Array array) {
  const std::optional<std::size_t> bytes = array_bytes(array.shape, size_of(array.type));
  if (!bytes)
    throw ArgumentError("odot::Snapshot: " + shown_name(array.name) + " is " + array.description() +
                        ", expected a shape that memory can have");
  if (*bytes != array.bytes.size())
    throw ArgumentError("odot::Snapshot: " + shown_name(array.name) + " is " + array.description() + ", expected " +
                        std::to_string(*bytes) + " bytes, found " + std::to_string(array.bytes.size()));
  if (!index_.emplace(array.name, arrays_.size()).second) detail::refuse_taken_name(array.name);
  arrays_.push_back(std::move(array));
}

ODOT_FUNCTION void Snapshot::set_fact(std::string name, std::string text) {
  facts_.insert_or_assign(std::move(name), std::move(text));
}

ODOT_FUNCTION std::optional<std::string> Snapshot::text(std::string_view name) const {
  const auto found = facts_.find(name);
  return found == facts_.end() ? std::nullopt : std::optional(found->second);
}

ODOT_FUNCTION std::optional<double> Snapshot::number(std::string_view name) const {
  const auto found = facts_.find(name);
  return found == facts_.end() ? std::nullopt : number_text::read(found->second);
}

ODOT_FUNCTION std::optional<std::uint64_t> Snapshot::count(std::string_view name) const {
  const auto found = facts_.find(name);
  if (found == facts_.end()) return std::nullopt;
  const std::string& digits = found->second;
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

namespace detail {

[[noreturn]] ODOT_COLD inline void refuse_fact(std::string_view name, const char* expected,
                                               const std::optional<std::string>& found) {
  throw ArgumentError("odot::Snapshot: the fact \"" + shown_name(name) + "\": expected " + expected + ", found " +
                      (found ? "\"" + shown_name(*found) + "\"" : "no such fact"));
}

}  // namespace detail

ODOT_FUNCTION std::string Snapshot::required_text(std::string_view name) const {
  auto found = text(name);
  if (!found) detail::refuse_fact(name, "a text", found);
  return *std::move(found);
}

ODOT_FUNCTION double Snapshot::required_number(std::string_view name) const {
  const auto found = number(name);
  if (!found) detail::refuse_fact(name, "a number", text(name));
  return *found;
}

ODOT_FUNCTION std::uint64_t Snapshot::required_count(std::string_view name) const {
  const auto found = count(name);
  if (!found) detail::refuse_fact(name, "a whole number", text(name));
  return *found;
}

ODOT_FUNCTION const Snapshot::Array& Snapshot::required(std::string_view name, ScalarType type) const {
  const Array* array = find(name);
  if (array && array->type == type) return *array;
  throw ArgumentError("odot::Snapshot: the array \"" + shown_name(name) + "\": expected " + std::string(name_of(type)) +
                      ", found " + (array ? array->description() : "no such array"));
}

ODOT_FUNCTION void Snapshot::merge(Snapshot other, std::string_view prefix) {
  for (Array& array : other.arrays_) {
    array.name.insert(0, prefix);
    if (find(array.name)) detail::refuse_taken_name(array.name);
  }
  for (Array& array : other.arrays_) add(std::move(array));
  for (auto& [name, text] : other.facts_) set_fact(std::string(prefix) + name, std::move(text));
}

ODOT_FUNCTION Snapshot Snapshot::part(std::string_view prefix) const {
  Snapshot found;
  for (const Array& array : arrays_) {
    if (!array.name.starts_with(prefix)) continue;
    Array copy = array;
    copy.name.erase(0, prefix.size());
    found.add(std::move(copy));
  }
  for (const auto& [name, text] : facts_)
    if (name.starts_with(prefix)) found.set_fact(name.substr(prefix.size()), text);
  return found;
}

#endif

}  // namespace odot
