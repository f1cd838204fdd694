#pragma once
// SPDX-License-Identifier: MIT
// numpy's broadcasting rule at compile time: axes are aligned from the last one; two extents fit where they are equal or
// one of them is 1.

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "odot/core/shape.hpp"

namespace odot::expressions {

/// Elements from one index of an axis to the next, one number per axis.
template <std::size_t... Steps>
struct Strides {
  static constexpr std::array<std::size_t, sizeof...(Steps)> values{Steps...};
};

namespace detail {

/// The extent of axis `axis` of `rank` axes, 1 where the shape has fewer.
template <ShapeType S>
constexpr std::size_t aligned_extent(std::size_t axis, std::size_t rank) {
  const std::size_t missing = rank - S::rank;
  return axis < missing ? 1 : S::extents[axis - missing];
}

template <ShapeType A, ShapeType B>
constexpr bool broadcasts() {
  const std::size_t rank = (std::max)(A::rank, B::rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::size_t a = aligned_extent<A>(axis, rank), b = aligned_extent<B>(axis, rank);
    if (a != b && a != 1 && b != 1) return false;
  }
  return true;
}

template <ShapeType A, ShapeType B, std::size_t... Axis>
auto broadcast_shape(std::index_sequence<Axis...>) {
  return Shape<(std::max)(aligned_extent<A>(Axis, sizeof...(Axis)), aligned_extent<B>(Axis, sizeof...(Axis)))...>();
}

template <ShapeType S, std::size_t... Axis>
auto contiguous_strides(std::index_sequence<Axis...>) {
  [[maybe_unused]] constexpr auto step = [](std::size_t axis) {
    std::size_t product = 1;
    for (std::size_t later = axis + 1; later < S::rank; ++later) product *= S::extents[later];
    return product;
  };
  return Strides<step(Axis)...>();
}

}  // namespace detail

/// Whether two shapes broadcast to one; else an error that names both.
template <ShapeType A, ShapeType B>
constexpr bool broadcast_together() {
  constexpr bool fits = detail::broadcasts<A, B>();
  static_assert(
      fits,
      "odot: the two shapes named here do not fit: aligned from the last axis, two extents must be equal or one "
      "of them 1; a number per channel of [C, H, W] is a [C, 1, 1]");
  return fits;
}

/// The shape of an element-wise operation on two operands; A where they do not fit.
template <ShapeType A, ShapeType B>
struct Broadcast {
  static auto shape() {
    if constexpr (detail::broadcasts<A, B>())
      return detail::broadcast_shape<A, B>(std::make_index_sequence<(std::max)(A::rank, B::rank)>{});
    else return A();
  }
  using type = decltype(shape());
};

/// Whether several operands fit; else the error of the first two that don't.
template <ShapeType A>
constexpr bool shapes_broadcast() {
  return true;
}
template <ShapeType A, ShapeType B, ShapeType... Others>
constexpr bool shapes_broadcast() {
  if constexpr (broadcast_together<A, B>()) return shapes_broadcast<typename Broadcast<A, B>::type, Others...>();
  else return false;
}

/// Of several operands.
template <ShapeType First, ShapeType... Others>
struct BroadcastOf {
  using type = First;
};
template <ShapeType A, ShapeType B, ShapeType... Others>
struct BroadcastOf<A, B, Others...> {
  using type = typename BroadcastOf<typename Broadcast<A, B>::type, Others...>::type;
};

/// The strides of row-major elements.
template <ShapeType S>
using ContiguousStrides = decltype(detail::contiguous_strides<S>(std::make_index_sequence<S::rank>{}));

/// How elements of shape S with these strides lie when they are broadcast to shape Target.
template <ShapeType S, class Steps, ShapeType Target>
struct Alignment {
  static constexpr std::size_t rank = Target::rank;

  /// Steps along the target's axes; 0 where S has one element for all of them.
  static constexpr std::array<std::size_t, rank> strides = [] {
    std::array<std::size_t, rank> steps{};
    const std::size_t missing = rank - S::rank;
    for (std::size_t axis = missing; axis < rank; ++axis)
      steps[axis] = S::extents[axis - missing] == 1 ? 0 : Steps::values[axis - missing];
    return steps;
  }();

  /// Last axes of the target along which the elements are one row-major run.
  static constexpr std::size_t contiguous_axes = [] {
    std::size_t axes = 0, step = 1;
    for (std::size_t axis = rank; axis-- > 0; ++axes) {
      if (Target::extents[axis] != 1 && strides[axis] != step) break;
      step *= Target::extents[axis];
    }
    return axes;
  }();

  /// Last axes along which there is one element.
  static constexpr std::size_t constant_axes = [] {
    std::size_t axes = 0;
    for (std::size_t axis = rank; axis-- > 0; ++axes)
      if (Target::extents[axis] != 1 && strides[axis] != 0) break;
    return axes;
  }();
};

}  // namespace odot::expressions
