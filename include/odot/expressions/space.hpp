#pragma once
// SPDX-License-Identifier: MIT
// The iteration space of an assignment: rows and columns of elements, so that along the columns every leaf is a run,
// one element, or evenly spaced.

#include <cstddef>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/expressions/broadcast.hpp"

namespace odot::expressions {

/// Elements of shape Target, of each sample where Batched. The last Merged axes are the columns, the others and the
/// samples the rows. Flat: one row of all elements.
template <ShapeType Target_, bool Batched, std::size_t Merged, bool Flat>
struct Space {
  using Target = Target_;
  static constexpr bool batched = Batched, flat = Flat;
  static constexpr std::size_t outer_axes = Flat ? 0 : Target::rank - Merged;

  static constexpr std::size_t columns = [] {
    std::size_t product = 1;
    for (std::size_t axis = outer_axes; axis < Target::rank; ++axis) product *= Target::extents[axis];
    return product;
  }();
  /// Rows of a sample.
  static constexpr std::size_t outer = Target::size / columns;
};

/// Where the elements of a leaf lie in a space.
template <class Leaf, class Space>
struct PlaceOf {
  using Target = typename Space::Target;
  using Layout = Alignment<typename Leaf::shape, typename Leaf::steps, Target>;
  enum Kind { one, contiguous, strided };

  static constexpr std::size_t merged = Target::rank - Space::outer_axes;
  static constexpr Kind kind = Leaf::shape::size == 1 && (!Space::flat || !Leaf::batched) ? one
                               : Space::flat || Layout::contiguous_axes >= merged         ? contiguous
                               : Layout::constant_axes >= merged                          ? one
                                                                                          : strided;
  /// Of strided leaves, elements from a column to the next.
  static constexpr std::size_t step = [] {
    for (std::size_t axis = Target::rank; axis-- > 0;)
      if (Target::extents[axis] != 1) return Layout::strides[axis];
    return std::size_t{0};
  }();

  /// The offset of a row's first element.
  static ODOT_HOST_DEVICE std::size_t start(std::size_t row) {
    if constexpr (Space::flat) return 0;
    else return start_of(row, std::make_index_sequence<Space::outer_axes>{});
  }

 private:
  template <std::size_t... Axis>
  static ODOT_HOST_DEVICE std::size_t start_of(std::size_t row, std::index_sequence<Axis...>) {
    constexpr std::size_t in_batch = Leaf::batch_stride;
    if constexpr (Layout::contiguous_axes == Target::rank && (in_batch == Target::size || !Space::batched)) {
      return row * Space::columns;
    } else {
      std::size_t offset = 0;
      if constexpr (in_batch > 0) offset = row / Space::outer * in_batch;
      if constexpr (Space::outer > 1) {
        const std::size_t in_sample = row % Space::outer;
        ((offset += index_of<Axis>(in_sample) * step_of<Axis>()), ...);
      }
      return offset;
    }
  }

  template <std::size_t Axis>
  static constexpr std::size_t step_of() {
    constexpr std::size_t step_of_axis = Layout::strides[Axis];
    return step_of_axis;
  }
  /// The index along an axis of a row of a sample.
  template <std::size_t Axis>
  static ODOT_HOST_DEVICE std::size_t index_of(std::size_t in_sample) {
    constexpr std::size_t after = [] {
      std::size_t product = 1;
      for (std::size_t later = Axis + 1; later < Space::outer_axes; ++later) product *= Target::extents[later];
      return product;
    }();
    constexpr std::size_t extent = Target::extents[Axis];
    if constexpr (Layout::strides[Axis] == 0) return 0;
    else return in_sample / after % extent;
  }
};

}  // namespace odot::expressions
