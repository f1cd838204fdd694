#pragma once
// SPDX-License-Identifier: MIT
// Dataset: samples of one shape with their targets, as the files hold them. A Loader makes batches from it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"

namespace odot::data {

/// The target of a sequence with one label per token, L tokens.
template <std::size_t L>
struct TokenLabels {};

/// The target of a picture whose pixels have a label each, row by row.
template <std::size_t Height, std::size_t Width>
using PixelLabels = TokenLabels<Height * Width>;

namespace detail {

/// A sample's target: a label, one label per token, or as many numbers as a shape has elements.
template <class Target>
struct TargetOf {
  using number = std::int32_t;
  using shape = Shape<1>;
  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(
      std::is_same_v<Target, std::int32_t>,
      "odot::data::Dataset: targets must be std::int32_t (a label for each sample), data::TokenLabels (one for "
      "each token) or a Shape (numbers)");
};
template <std::size_t L>
struct TargetOf<TokenLabels<L>> {
  using number = std::int32_t;
  using shape = Shape<L>;
};
template <ShapeType T>
struct TargetOf<T> {
  using number = float;
  using shape = T;
};

template <class Value>
inline constexpr bool is_sample_value = std::is_same_v<Value, std::uint8_t> || std::is_same_v<Value, std::int32_t> ||
                                        std::is_same_v<Value, float> || std::is_same_v<Value, double>;

}  // namespace detail

/// N samples of shape S and N targets. `Value` is what the samples consist of:
///     std::uint8_t     bytes of images; a network sees value / 255
///     float, double    numbers, as they are
///     std::int32_t     indices, of tokens for instance, as they are
/// `Target` is std::int32_t for a label, TokenLabels<L> for one for each of L tokens, or the shape of a sample's target
/// numbers.
/// Shapes  values [N, S...];  targets [N] or [N, L], 0 … classes − 1, or [N, Target...];  lengths [N]
template <ShapeType S, class Value = std::uint8_t, class Target = std::int32_t>
struct Dataset {
  static_assert(detail::is_sample_value<Value>,
                "odot::data::Dataset: values must be std::uint8_t, std::int32_t, float or double");
  using shape = S;
  using value = Value;
  using target_shape = typename detail::TargetOf<Target>::shape;  ///< Shape<1> for a label
  using target_number = typename detail::TargetOf<Target>::number;

  std::string name = {};
  std::vector<Value> values = {};
  std::vector<target_number> targets = {};
  std::vector<std::int32_t> lengths = {};  ///< valid tokens of a sample, then padding of 0; empty: all are valid
  std::vector<std::string> classes = {};   ///< names of the labels; empty where targets are numbers
  bool synthetic = false;                  ///< drawn, not measured: results on it can't be compared with published ones

  /// Number of samples.
  std::size_t size() const { return targets.size() / target_shape::size; }

  /// The values of one sample, i < size().
  std::span<const Value, S::size> sample(std::size_t i) const {
    return std::span<const Value, S::size>(values.data() + i * S::size, S::size);
  }
  /// Its target.
  std::span<const target_number, target_shape::size> target(std::size_t i) const {
    return std::span<const target_number, target_shape::size>(targets.data() + i * target_shape::size,
                                                              target_shape::size);
  }

  /// A copy of the samples with these numbers, in this order.
  /// Errors  ArgumentError: a number that no sample has; values, targets or lengths for different numbers of samples
  Dataset subset(std::span<const std::size_t> numbers) const;

  /// A copy of the first `count` samples. Throws ArgumentError if there are fewer, and as `subset` does.
  Dataset first(std::size_t count) const;

  /// The same samples under another shape of as many elements: images [1, 28, 28] as sequences of their rows, [28, 28].
  /// A temporary is not copied: `std::move(images).as<Shape<28, 28>>()`.
  /// Errors  ArgumentError: there are lengths, and they would count something else
  template <ShapeType Other>
  Dataset<Other, Value, Target> as() &&;
  template <ShapeType Other>
  Dataset<Other, Value, Target> as() const& {
    return Dataset(*this).template as<Other>();
  }
};

/// Labelled sequences of up to L tokens of D features, S = Shape<L, D>; shorter ones are padded with 0.
template <ShapeType S>
using Sequences = Dataset<S, float>;

/// Sequences with numbers as targets, such as the next steps of a series.
template <ShapeType S, ShapeType T>
using Windows = Dataset<S, float, T>;

/// What a network learns from, and what it is evaluated on: `auto [train, test] = load_fashion_mnist(folder);`
template <class Set>
struct Split {
  Set train, test;

  /// Both sets under another shape, as Dataset::as.
  template <ShapeType Other>
  auto as() && {
    auto reshaped = std::move(train).template as<Other>();
    return Split<decltype(reshaped)>{std::move(reshaped), std::move(test).template as<Other>()};
  }
};

namespace detail {

ODOT_COLD inline void require_each(const std::string& set, const char* what, std::size_t found, std::size_t samples,
                                   std::size_t each) {
  if (found != samples * each)
    throw ArgumentError("odot::data::Dataset \"" + set + "\": " + std::to_string(samples) + " samples need " +
                        std::to_string(samples * each) + " " + what + ", but there are " + std::to_string(found));
}

/// Returns the set. Throws ArgumentError unless values, targets and lengths are for the same number of samples.
template <ShapeType S, class Value, class Target>
const Dataset<S, Value, Target>& whole(const Dataset<S, Value, Target>& set) {
  require_each(set.name, "targets", set.targets.size(), set.size(), Dataset<S, Value, Target>::target_shape::size);
  require_each(set.name, "values", set.values.size(), set.size(), S::size);
  if (!set.lengths.empty()) require_each(set.name, "lengths", set.lengths.size(), set.size(), 1);
  return set;
}

}  // namespace detail

template <ShapeType S, class Value, class Target>
Dataset<S, Value, Target> Dataset<S, Value, Target>::subset(std::span<const std::size_t> numbers) const {
  detail::whole(*this);
  Dataset set{name, {}, {}, {}, classes, synthetic};
  set.values.reserve(numbers.size() * S::size);
  for (const std::size_t i : numbers) {
    if (i >= size())
      throw ArgumentError("odot::data::Dataset \"" + name + "\": there is no sample " + std::to_string(i) +
                          "; there are " + std::to_string(size()));
    set.values.insert(set.values.end(), sample(i).begin(), sample(i).end());
    set.targets.insert(set.targets.end(), target(i).begin(), target(i).end());
    if (!lengths.empty()) set.lengths.push_back(lengths[i]);
  }
  return set;
}

template <ShapeType S, class Value, class Target>
Dataset<S, Value, Target> Dataset<S, Value, Target>::first(std::size_t count) const {
  if (count > size())
    throw ArgumentError("odot::data::Dataset \"" + name + "\": first(" + std::to_string(count) +
                        ") asks for more than the " + std::to_string(size()) +
                        " samples there are; ask for at most that many");
  detail::whole(*this);
  const auto beginning = [](const auto& all, std::size_t elements) {
    return std::remove_cvref_t<decltype(all)>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(elements));
  };
  return {name,
          beginning(values, count * S::size),
          beginning(targets, count * target_shape::size),
          beginning(lengths, lengths.empty() ? 0 : count),
          classes,
          synthetic};
}

template <ShapeType S, class Value, class Target>
template <ShapeType Other>
Dataset<Other, Value, Target> Dataset<S, Value, Target>::as() && {
  static_assert(Other::size == S::size, "odot::data::Dataset::as: the shapes must have as many elements");
  if constexpr (S::rank == 0 || Other::rank == 0 || S::extents[0] != Other::extents[0])
    if (!lengths.empty())
      throw ArgumentError("odot::data::Dataset \"" + name + "\": as<" + Other::to_string() +
                          ">: its lengths count in " + S::to_string() +
                          "; expected a shape that begins with as many tokens");
  return {std::move(name), std::move(values), std::move(targets), std::move(lengths), std::move(classes), synthetic};
}

}  // namespace odot::data
