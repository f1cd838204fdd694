#pragma once
// SPDX-License-Identifier: MIT
// Snapshot: the saved state of a network, an optimizer or a training, as named arrays and named facts in host memory.

#include <array>
#include <charconv>
#include <cmath>
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
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/half.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/utf8.hpp"

namespace odot {

/// The types of numbers that an array of a snapshot may have.
enum class ScalarType : std::uint8_t { boolean, u8, i8, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

/// Its name in safetensors files ("F32"), and its size in bytes.
ODOT_FUNCTION std::string_view name_of(ScalarType type);
ODOT_FUNCTION std::size_t size_of(ScalarType type);

/// Whether it is one of F64, F32, F16 and BF16.
constexpr bool is_floating(ScalarType type) {
  return type == ScalarType::f16 || type == ScalarType::bf16 || type == ScalarType::f32 || type == ScalarType::f64;
}

/// The type of a C++ number.
template <class T>
constexpr ScalarType scalar_type_of() {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "odot::Snapshot: arrays are of numbers of at most 64 bits");
  constexpr bool is_signed = std::is_signed_v<T>;
  if constexpr (std::is_same_v<T, bool>) return ScalarType::boolean;
  else if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 8 ? ScalarType::f64 : ScalarType::f32;
  else if constexpr (sizeof(T) == 1) return is_signed ? ScalarType::i8 : ScalarType::u8;
  else if constexpr (sizeof(T) == 2) return is_signed ? ScalarType::i16 : ScalarType::u16;
  else if constexpr (sizeof(T) == 4) return is_signed ? ScalarType::i32 : ScalarType::u32;
  else return is_signed ? ScalarType::i64 : ScalarType::u64;
}

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
  void set_fact(std::string name, std::string text) { facts_.insert_or_assign(std::move(name), std::move(text)); }
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

/// A name as messages show it: on one line, without control characters, cut off after about `longest` bytes.
ODOT_FUNCTION std::string shown_name(std::string_view name, std::size_t longest = 200);

/// The numbers of an array of F64, F32, F16 or BF16 as another of these types, rounded to the nearest.
struct ConvertedArray {
  Snapshot::Array array;
  std::size_t overflowed = 0;  ///< finite numbers that became infinite
};
ODOT_FUNCTION ConvertedArray converted(const Snapshot::Array& array, ScalarType type);

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::string_view name_of(ScalarType type) {
  constexpr std::array<std::string_view, 13> names{"BOOL", "U8",  "I8",  "I16", "U16", "F16", "BF16",
                                                   "I32",  "U32", "F32", "F64", "I64", "U64"};
  return names.at(static_cast<std::size_t>(type));
}

ODOT_FUNCTION std::size_t size_of(ScalarType type) {
  return type <= ScalarType::i8 ? 1 : type <= ScalarType::bf16 ? 2 : type <= ScalarType::f32 ? 4 : 8;
}

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

namespace detail {

template <class T>
T number_at(const std::byte* bytes) {
  T number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

/// The number that lies at `bytes`, of a floating-point type.
inline double read_floating(ScalarType type, const std::byte* bytes) {
  switch (type) {
    case ScalarType::f64:
      return number_at<double>(bytes);
    case ScalarType::f32:
      return static_cast<double>(number_at<float>(bytes));
    default:
      return half::to_double(number_at<std::uint16_t>(bytes),
                             type == ScalarType::f16 ? half::binary16 : half::bfloat16);
  }
}

/// The same the other way round. Returns the number that was written.
inline double write_floating(ScalarType type, double number, std::byte* bytes) {
  if (type == ScalarType::f64) {
    std::memcpy(bytes, &number, sizeof number);
    return number;
  }
  if (type == ScalarType::f32) {
    const auto narrow = static_cast<float>(number);
    std::memcpy(bytes, &narrow, sizeof narrow);
    return static_cast<double>(narrow);
  }
  const half::Format format = type == ScalarType::f16 ? half::binary16 : half::bfloat16;
  const std::uint16_t bits = half::from_double(number, format);
  std::memcpy(bytes, &bits, sizeof bits);
  return half::to_double(bits, format);
}

}  // namespace detail

ODOT_FUNCTION ConvertedArray converted(const Snapshot::Array& array, ScalarType type) {
  if (!is_floating(array.type) || !is_floating(type))
    throw ArgumentError("odot::converted: " + shown_name(array.name) + " is of " + std::string(name_of(array.type)) +
                        "; only F64, F32, F16 and BF16 are converted");
  const std::size_t count = array.size(), from = size_of(array.type), to = size_of(type);
  ConvertedArray result{{array.name, array.shape, type, std::vector<std::byte>(count * to)}, 0};
  for (std::size_t i = 0; i < count; ++i) {
    const double number = detail::read_floating(array.type, array.bytes.data() + i * from);
    const double written = detail::write_floating(type, number, result.array.bytes.data() + i * to);
    if (std::isinf(written) && !std::isinf(number)) ++result.overflowed;
  }
  return result;
}

#endif

}  // namespace odot
