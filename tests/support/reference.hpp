#pragma once
// SPDX-License-Identifier: MIT
// Reads the arrays that tests/reference/generate.py wrote with PyTorch; the format is described there.

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace odot::test {

/// One named array.
struct ReferenceArray {
  std::vector<std::size_t> shape;  ///< extents
  std::vector<double> values;      ///< row-major
};

/// The arrays of one file of tests/reference.
class Reference {
 public:
  /// Throws std::runtime_error with path and line where the file is missing or broken.
  explicit Reference(const std::string& file) : path_(std::string(ODOT_TEST_REFERENCE "/").append(file)) {
    std::ifstream in(path_);
    if (!in) fail("can't be opened; run tests/reference/generate.py");
    std::string head, content;
    while (std::getline(in, head)) {
      ++line_;
      if (head.empty() || head.front() == '#') continue;
      if (!std::getline(in, content)) fail("no values follow \"" + head + "\"");
      ++line_;
      add(head, content);
    }
    if (arrays_.empty()) fail("holds no array");
  }

  bool has(const std::string& name) const { return arrays_.contains(name); }

  /// Throws std::runtime_error for an unknown name.
  const ReferenceArray& array(const std::string& name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) throw std::runtime_error(path_ + ": holds no array called \"" + name + "\"");
    return found->second;
  }
  const std::vector<double>& values(const std::string& name) const { return array(name).values; }
  double number(const std::string& name) const { return values(name).at(0); }

  /// The values as integers: labels.
  std::vector<std::int32_t> labels(const std::string& name) const {
    const auto& numbers = values(name);
    return {numbers.begin(), numbers.end()};
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(path_ + ", line " + std::to_string(line_) + ": " + what);
  }

  void add(const std::string& head, const std::string& content) {
    std::istringstream words(head);
    std::string name, word;
    words >> name;
    ReferenceArray array;
    bool hexadecimal = false;
    std::size_t size = 1;
    while (words >> word) {
      if ((hexadecimal = word == "float32")) break;
      array.shape.push_back(static_cast<std::size_t>(std::stoul(word)));
      size *= array.shape.back();
    }
    array.values = hexadecimal ? hexadecimal_floats(content) : decimal_numbers(content);
    if (array.values.size() != size)
      fail(name + ": expected " + std::to_string(size) + " values, found " + std::to_string(array.values.size()));
    if (!arrays_.emplace(name, std::move(array)).second) fail(name + " is there twice");
  }

  std::vector<double> decimal_numbers(const std::string& text) const {
    std::vector<double> values;
    const char *at = text.data(), *const end = at + text.size();
    while (at != end) {
      double value = 0;
      const auto [after, error] = std::from_chars(at, end, value);
      if (error != std::errc()) fail("not a number: " + std::string(at, end).substr(0, 20));
      values.push_back(value);
      at = after;
      while (at != end && *at == ' ') ++at;
    }
    return values;
  }

  std::vector<double> hexadecimal_floats(const std::string& digits) const {
    if (digits.size() % 8 != 0) fail("the number of hexadecimal digits is not a multiple of 8");
    std::vector<double> values;
    for (std::size_t i = 0; i < digits.size(); i += 8) {
      std::uint32_t bits = 0;
      const auto [after, error] = std::from_chars(digits.data() + i, digits.data() + i + 8, bits, 16);
      if (error != std::errc() || after != digits.data() + i + 8) fail("not hexadecimal: " + digits.substr(i, 8));
      values.push_back(static_cast<double>(std::bit_cast<float>(bits)));
    }
    return values;
  }

  std::string path_;
  std::size_t line_ = 0;
  std::map<std::string, ReferenceArray> arrays_;
};

}  // namespace odot::test
