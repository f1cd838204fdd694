#pragma once
// SPDX-License-Identifier: MIT
// The command line as data, from what the parser knows: every option, given or not.

#include "run_record.hpp"

#include <odot/core/number_text.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace trainer {

/// A word as a shell reads it.
inline std::string quoted(const std::string& word) {
  constexpr std::string_view plain = "-_./=+,:@%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// The value of an option: what was given, or its default.
inline Value value_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return option.count() > 0;
  std::string text = option.get_default_str();
  if (option.count() > 0) {
    text.clear();
    for (const std::string& part : option.results()) text += (text.empty() ? "" : " ") + part;
  }
  const auto number = option.get_type_name() == "NUMBER" ? odot::number_text::read(text) : std::nullopt;
  if (!number) return text;
  if (text.find_first_not_of("+-0123456789") == std::string::npos && std::abs(*number) < 1e15)
    return static_cast<long long>(*number);
  return *number;
}

/// The options of a parsed command line. The command repeats the run from its beginning: --resume is not in it.
inline CommandLine command_of(const CLI::App& app) {
  CommandLine line;
  line.program = std::filesystem::path(app.get_name()).filename().string();
  line.command = quoted(app.get_name());
  std::vector<const CLI::Option*> seen;
  for (const CLI::Option* option : app.parse_order()) {
    if (std::find(seen.begin(), seen.end(), option) != seen.end() || option->get_name() == "--resume") continue;
    seen.push_back(option);
    line.command += ' ' + option->get_name();
    if (option->get_items_expected_max() > 0)
      for (const std::string& value : option->results()) line.command += ' ' + quoted(value);
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr() || option == app.get_version_ptr() || option->get_lnames().empty()) continue;
    line.settings.push_back({option->get_lnames().front(), value_of(*option), option->count() > 0});
  }
  return line;
}

}  // namespace trainer
