#pragma once
// SPDX-License-Identifier: MIT
// Dataset: labelled samples as the files hold them, one byte a value. Batches converts them to floating point.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"

namespace odot::data {

/// N samples of one static shape with a label each.
/// Shapes  pixels [N, S...], row-major, 0 … 255;  labels [N], 0 … classes − 1
template <ShapeType S>
struct Dataset {
  using shape = S;

  std::string name;
  std::size_t classes = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  bool synthetic = false;  ///< drawn by odot::data::synthetic: figures on it compare with nothing published

  /// Number of samples.
  std::size_t size() const { return labels.size(); }

  /// The pixels of one sample, i < size().
  std::span<const std::uint8_t, S::size> sample(std::size_t i) const {
    return std::span<const std::uint8_t, S::size>(pixels.data() + i * S::size, S::size);
  }

  /// A copy of the first `count` samples. Throws ArgumentError where there are fewer.
  Dataset first(std::size_t count) const {
    if (count > size())
      throw ArgumentError("odot::data::Dataset \"" + name + "\": first(" + std::to_string(count) +
                          ") asks for more than the " + std::to_string(size()) +
                          " samples there are; ask for at most that many");
    const auto samples = static_cast<std::ptrdiff_t>(count);
    const auto values = static_cast<std::ptrdiff_t>(count * S::size);
    return {name,
            classes,
            {pixels.begin(), pixels.begin() + values},
            {labels.begin(), labels.begin() + samples},
            synthetic};
  }

  /// The same samples under another shape of as many elements: images [1, 28, 28] as sequences of their rows, [28, 28].
  /// Of a temporary without a copy: `std::move(images).as<Shape<28, 28>>()`.
  template <ShapeType Other>
  Dataset<Other> as() && {
    static_assert(Other::size == S::size, "odot::data::Dataset::as: the shapes must have as many elements");
    return {std::move(name), classes, std::move(pixels), std::move(labels), synthetic};
  }
  template <ShapeType Other>
  Dataset<Other> as() const& {
    return Dataset(*this).template as<Other>();
  }
};

/// What a network learns from, and what it is judged by: `auto [train, test] = load_fashion_mnist(folder);`
template <ShapeType S>
struct Split {
  Dataset<S> train, test;

  /// Both sets under another shape, as Dataset::as.
  template <ShapeType Other>
  Split<Other> as() && {
    return {std::move(train).template as<Other>(), std::move(test).template as<Other>()};
  }
};

}  // namespace odot::data
