#pragma once
// SPDX-License-Identifier: MIT
// The rules for a pooling's windows, and their description in words.

#include <cstddef>
#include <string>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/pool2d/contract.hpp"
#include "odot/nn/description.hpp"

namespace odot::nn::detail {

/// The geometry of windows on images of shape In. If a rule is broken, it is some valid geometry, so that no second
/// error follows.
template <ShapeType In, std::size_t KernelSize, std::size_t Stride, std::size_t Padding>
struct PoolRule {
  static constexpr std::size_t extent(std::size_t axis) { return axis < In::rank ? In::extents[axis] : 1; }
  static constexpr bool fits =
      In::rank != 3 || (KernelSize <= extent(1) + 2 * Padding && KernelSize <= extent(2) + 2 * Padding);
  static constexpr bool valid = In::rank == 3 && fits && KernelSize > 0 && 2 * Padding <= KernelSize;
  using geometry = std::conditional_t<
      valid,
      kernels::PoolGeometry<Shape<extent(0), valid ? extent(1) : 1, valid ? extent(2) : 1>, valid ? KernelSize : 1,
                            Stride == 0 ? (valid ? KernelSize : 1) : Stride, valid ? Padding : 0>,
      kernels::PoolGeometry<Shape<1, 1, 1>, 1, 1, 0>>;
};

ODOT_COLD inline LayerWords pool_words(const std::string& kind, std::size_t kernel, std::size_t stride,
                                       std::size_t padding) {
  LayerWords words(kind);
  words.add(kernel).add("stride", stride);
  if (padding != 0) words.add("padding", padding);
  return words;
}

}  // namespace odot::nn::detail
