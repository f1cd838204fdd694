#pragma once
// SPDX-License-Identifier: MIT
// Numbers as text and back, the same whatever locale the program has set. (std::printf, std::to_string of a double,
// std::stod and streams follow it: "0,25" in a German one.)

#include <locale.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "odot/core/config.hpp"

#if __has_include(<xlocale.h>)
#include <xlocale.h>
#endif

#if !defined(__cpp_lib_to_chars) && !defined(LC_ALL_MASK)
#error "odot needs std::from_chars for double, or newlocale and strtod_l, to read numbers independently of the locale"
#endif

namespace odot::number_text {

/// As printf's "%.*f", "%.*e" and "%.*g" write a number in the C locale; NaN is "nan", infinity "inf" or "-inf".
ODOT_FUNCTION std::string fixed(double value, int decimals);
ODOT_FUNCTION std::string scientific(double value, int decimals);
ODOT_FUNCTION std::string general(double value, int digits);

/// The shortest text that reads back as the same number.
template <std::floating_point Number>
std::string shortest(Number value);

/// The number that a text is, rounded to the nearest: an optional sign, decimal digits with an optional point, an
/// optional exponent; or "inf", "infinity" and "nan" in any case. Nothing else, no blanks either: nullopt. What is too
/// large for a double is infinite; what is too small is 0, or subnormal.
ODOT_FUNCTION std::optional<double> read(std::string_view text);

namespace detail {

template <class Number, class... Format>
ODOT_COLD std::string written(Number value, Format... format) {
  if (std::isnan(value)) return "nan";
  std::string text(32, '\0');
  for (;;) {
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, format...);
    if (error != std::errc::value_too_large) return text.erase(static_cast<std::size_t>(end - text.data()));
    text.resize(2 * text.size());
  }
}

#if ODOT_DEFINITIONS

/// "inf", "INFINITY", "nan", …, without a sign.
inline bool is_word(std::string_view text) {
  for (const std::string_view word : {"inf", "infinity", "nan"}) {
    bool same = text.size() == word.size();
    for (std::size_t i = 0; same && i < word.size(); ++i) same = (text[i] | 0x20) == word[i];
    if (same) return true;
  }
  return false;
}

/// Whether a text has only characters of an unsigned decimal number: nothing hexadecimal, no blanks, no sign.
inline bool is_decimal(std::string_view text) {
  if (text.empty() || text.front() == '+' || text.front() == '-') return false;
  const auto belongs = [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
  };
  return std::all_of(text.begin(), text.end(), belongs) || is_word(text);
}

/// Whether a number that no double can hold, in decimal digits without a sign, is too small, not too large.
inline bool is_too_small(std::string_view text) {
  const std::size_t letter = text.find_first_of("eE");
  const std::string_view digits = text.substr(0, letter);
  const std::size_t point = (std::min)(digits.find('.'), digits.size()), first = digits.find_first_of("123456789");
  // The position of the first digit that is not 0, before the exponent: 12.3 → 1, 0.02 → −2.
  const auto distance = static_cast<long long>(point) - static_cast<long long>(first);
  const long long position = distance > 0 ? distance - 1 : distance;
  if (letter == text.npos) return position < 0;
  std::string_view exponent = text.substr(letter + 1);
  const bool negative = exponent.starts_with('-');
  if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
  long long power = 0;
  const auto read = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  if (read.ec == std::errc::result_out_of_range) return negative;
  return position + (negative ? -power : power) < 0;
}

#ifdef __cpp_lib_to_chars
/// By std::from_chars. `text` has no sign.
inline std::optional<double> read_by_from_chars(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return is_too_small(text) ? 0 : std::numeric_limits<double>::infinity();
  return value;
}
#endif

#ifdef LC_ALL_MASK
/// By strtod in the C locale, where the standard library (libc++ before LLVM 20) can't. `text` has no sign.
inline std::optional<double> read_by_strtod(std::string_view text) {
  static const locale_t c_locale = newlocale(LC_ALL_MASK, "C", static_cast<locale_t>(nullptr));
  const std::string ended(text);
  char* stop = nullptr;
  const double value = strtod_l(ended.c_str(), &stop, c_locale);
  if (stop != ended.c_str() + ended.size()) return std::nullopt;
  return value;
}
#endif

#endif

}  // namespace detail

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::string fixed(double value, int decimals) {
  return detail::written(value, std::chars_format::fixed, decimals);
}
ODOT_FUNCTION std::string scientific(double value, int decimals) {
  return detail::written(value, std::chars_format::scientific, decimals);
}
ODOT_FUNCTION std::string general(double value, int digits) {
  return detail::written(value, std::chars_format::general, digits);
}

ODOT_FUNCTION std::optional<double> read(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!detail::is_decimal(text)) return std::nullopt;
#ifdef __cpp_lib_to_chars
  const std::optional<double> size = detail::read_by_from_chars(text);
#else
  const std::optional<double> size = detail::read_by_strtod(text);
#endif
  if (size && negative) return -*size;
  return size;
}

#endif

template <std::floating_point Number>
std::string shortest(Number value) {
  return detail::written(value);
}

}  // namespace odot::number_text
