#pragma once
// SPDX-License-Identifier: MIT
// Options of the trainers whose values are numbers or folders: read strictly, and the same under any locale.

#include <odot/core/error.hpp>
#include <odot/core/number_text.hpp>

#include <CLI/CLI.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace trainer {

/// Throws ArgumentError unless an option's value is good.
inline void require(bool good, const std::string& option, const std::string& rule, const std::string& found) {
  if (!good) throw odot::ArgumentError(option + ": expected " + rule + ", found '" + found + "'");
}

/// Throws ArgumentError unless a batch fits the training samples, which may be known only after the data is.
inline void require_batch(std::size_t batch_size, std::size_t samples) {
  require(batch_size <= samples, "--batch-size", "1 to " + std::to_string(samples) + ", the number of training samples",
          std::to_string(batch_size));
}

/// From the least value that an option takes to the greatest.
template <class Number>
struct Range {
  Number least, most;

  std::string text() const {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(10);
    text << least << " to " << most;
    return text.str();
  }
  bool has(Number value) const { return least <= value && value <= most; }  // not NaN
};

/// A whole number: digits, and a sign before them.
template <std::integral Number>
Number parse(const std::string& option, const std::string& text, const Range<Number>& range) {
  const std::size_t sign = text.size() > 1 && text[0] == '+' && text[1] != '-' ? 1 : 0;
  Number value{};
  const char* end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data() + sign, end, value);
  require(error == std::errc() && read == end && range.has(value), option, "a whole number from " + range.text(), text);
  return value;
}

inline double parse(const std::string& option, const std::string& text, const Range<double>& range) {
  const std::optional<double> value = odot::number_text::read(text);
  require(value && range.has(*value), option, "a number from " + range.text(), text);
  return *value;
}

template <class Number>
std::string text_of(const std::optional<Number>& value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  if (value) text << *value;
  return text.str();
}

/// An option that takes a number of this range.
template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<Number>& value, Range<Number> range,
                        const std::string& help) {
  return app
      .add_option_function<std::string>(
          name, [&value, name, range](const std::string& text) { value = parse(name, text, range); }, help)
      ->type_name("NUMBER");
}
/// The same where the option has a value before, its default.
template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, Number& value, Range<Number> range,
                        const std::string& help) {
  return app
      .add_option_function<std::string>(
          name, [&value, name, range](const std::string& text) { value = parse(name, text, range); }, help)
      ->type_name("NUMBER")
      ->default_str(text_of(std::optional(value)));
}

/// An option that takes a folder. An empty name is refused: it comes from a variable that is not set.
inline CLI::Option* add_folder(CLI::App& app, const std::string& name, std::string& value, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            require(!text.empty(), name, "a folder", text);
            value = text;
          },
          help)
      ->type_name("FOLDER");
}

/// An option that takes a file; an empty name is refused likewise.
inline CLI::Option* add_file(CLI::App& app, const std::string& name, std::string& value, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            require(!text.empty(), name, "a file", text);
            value = text;
          },
          help)
      ->type_name("FILE");
}

// What every trainer takes.

inline constexpr const char* data_help =
    "Folder of the data set, or \"synthetic\" for the built-in set (default: $ODOT_DATA, then ./data)";
inline constexpr const char* out_help =
    "Folder for the run's files: report.html and what it shows, weights, checkpoints; an earlier run's are replaced or "
    "set aside";
inline constexpr Range<long long> epochs_range{0, 1'000'000}, batch_range{1, 1'000'000'000};
inline constexpr Range<int> threads_range{0, 1024};
inline constexpr Range<unsigned long long> seed_range{0, ~0ULL};
inline constexpr Range<double> rate_range{0, 1e6};

}  // namespace trainer
