#pragma once
// SPDX-License-Identifier: MIT
// Shape: the extents of a sample or a parameter as a type.

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>

#include "odot/core/config.hpp"

namespace odot {

namespace detail {
/// Whether a product is at most half of a std::size_t's range, which is the most that memory can hold.
constexpr bool fits_memory(std::initializer_list<std::size_t> factors) {
  std::size_t left = static_cast<std::size_t>(-1) / 2;
  for (const std::size_t factor : factors)
    if (factor != 0) left /= factor;
  return left > 0;
}

/// "[1, 28, 28]"
ODOT_COLD inline std::string extents_text(const std::size_t* extents, std::size_t rank) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < rank; ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(extents[axis]);
  return text + "]";
}
}  // namespace detail

/// Compile-time extents in row-major order, without the batch axis: Shape<C, H, W> for images, Shape<F> for features.
/// Shape<> is a scalar.
template <std::size_t... Extents>
struct Shape {
  static constexpr std::size_t rank = sizeof...(Extents);
  static constexpr std::array<std::size_t, rank> extents{Extents...};
  static constexpr std::size_t size = (std::size_t{1} * ... * Extents);  // elements

  /// Extent of one axis.
  template <std::size_t Axis>
  static constexpr std::size_t extent() {
    static_assert(Axis < rank, "odot::Shape: axis must be less than the rank");
    return extents[Axis];
  }

  /// Offset in elements of an index tuple.
  template <class... Index>
  static constexpr std::size_t offset(Index... index) {
    static_assert(sizeof...(Index) == rank, "odot::Shape: as many indices as the rank");
    std::size_t at = 0;
    ((at = at * Extents + static_cast<std::size_t>(index)), ...);
    return at;
  }

  /// "[1, 28, 28]"
  static std::string to_string() { return detail::extents_text(extents.data(), rank); }

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(((Extents > 0) && ...), "odot::Shape: every extent must be at least 1");
  static_assert(detail::fits_memory({Extents...}),
                "odot::Shape: the product of the extents is more than memory can have");
};

namespace detail {
template <class T>
inline constexpr bool is_shape = false;
template <std::size_t... E>
inline constexpr bool is_shape<Shape<E...>> = true;
}  // namespace detail

/// Any Shape<…>.
template <class T>
concept ShapeType = detail::is_shape<T>;

}  // namespace odot
