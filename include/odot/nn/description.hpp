#pragma once
// SPDX-License-Identifier: MIT
// What a model computes, in words: kinds of layers in their order, with the options that their parameters' shapes don't
// show. Two models with the same words compute the same function of their input and parameters, up to rounding.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"

namespace odot::nn {

/// The words of one layer: "conv2d(100, kernel 3, padding 1)". Options that are false and empty texts are omitted.
class LayerWords {
 public:
  ODOT_COLD explicit LayerWords(std::string_view kind) : text_(kind) {}

  ODOT_COLD LayerWords& add(const std::string& argument) {
    if (argument.empty()) return *this;
    text_ += (arguments_++ == 0 ? "(" : ", ") + argument;
    return *this;
  }
  LayerWords& add(std::size_t number) { return add(std::to_string(number)); }
  LayerWords& add(const std::string& name, const std::string& value) { return add(name + " " + value); }
  LayerWords& add(const std::string& name, std::size_t value) { return add(name, std::to_string(value)); }
  LayerWords& add_if(bool condition, const std::string& argument) { return condition ? add(argument) : *this; }

  std::string text() const { return arguments_ == 0 ? text_ : text_ + ")"; }

 private:
  std::string text_;
  int arguments_ = 0;
};

/// The words of layers, in their order.
struct LayerParts : std::vector<std::string> {
  explicit LayerParts(bool with_training = false) : training(with_training) {}
  bool training;  ///< whether options are wanted that matter in training alone, such as dropout's probability

  /// For the layers inside of one.
  LayerParts inner() const { return LayerParts(training); }
};

/// A chain of layers as one text; a repeated part is written once: "2 x (a, b), c".
ODOT_FUNCTION std::string joined_layers(const std::vector<std::string>& parts);

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::string joined_layers(const std::vector<std::string>& parts) {
  const auto repeats = [&](std::size_t at, std::size_t period) {
    std::size_t count = 1;
    while (at + (count + 1) * period <= parts.size() &&
           std::equal(parts.begin() + static_cast<std::ptrdiff_t>(at),
                      parts.begin() + static_cast<std::ptrdiff_t>(at + period),
                      parts.begin() + static_cast<std::ptrdiff_t>(at + count * period)))
      ++count;
    return count;
  };
  constexpr std::size_t longest_period = 16;
  std::string text;
  for (std::size_t at = 0; at < parts.size();) {
    std::size_t period = 1;
    while (period < longest_period && repeats(at, period) == 1) ++period;
    const std::size_t count = repeats(at, period);
    if (count == 1) period = 1;
    text += at == 0 ? "" : ", ";
    if (count > 1) text += std::to_string(count) + (period > 1 ? " x (" : " x ");
    for (std::size_t i = 0; i < period; ++i) text.append(i == 0 ? "" : ", ").append(parts[at + i]);
    if (count > 1 && period > 1) text += ")";
    at += period * count;
  }
  return text;
}

#endif

/// The words of a whole model, its input's shape first: "[1, 28, 28] -> flatten, linear(10), log_softmax". `training`: with
/// the options that matter in training alone.
template <class Model>
ODOT_COLD std::string description(bool training = false) {
  LayerParts parts(training);
  Model::describe(parts);
  return Model::input_shape::to_string() + " -> " + joined_layers(parts);
}

}  // namespace odot::nn
