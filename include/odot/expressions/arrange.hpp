#pragma once
// SPDX-License-Identifier: MIT
// Other orders and shapes of elements in memory, by their strides alone: of(source) is the source so seen. fits<S>() says
// whether a shape can be seen so, and is an error where it can't.

#include <array>
#include <cstddef>
#include <utility>

#include "odot/expressions/nodes.hpp"

namespace odot::expressions {

/// Axis i of the result is axis Axes[i].
template <std::size_t... Axes>
struct Permute {
  template <ShapeType S>
  static constexpr bool fits() {
    constexpr bool is_right = sizeof...(Axes) == S::rank && is_permutation<S::rank>();
    static_assert(is_right, "odot::permute: every axis must be named once; the batch is not counted");
    return is_right;
  }
  template <ShapeType S, class Steps, std::size_t B, class T, class D>
  static constexpr auto of(const Source<S, Steps, B, T, D>& from) {
    return Source<Shape<S::extents[Axes]...>, Strides<Steps::values[Axes]...>, B, T, D>(from.data, from.count);
  }

 private:
  template <std::size_t Rank>
  static constexpr bool is_permutation() {
    std::array<bool, Rank + 1> named{};
    ((Axes < Rank ? named[Axes] = true : named[Rank] = true), ...);
    for (std::size_t axis = 0; axis < Rank; ++axis)
      if (!named[axis]) return false;
    return !named[Rank];
  }
};

/// The last two axes exchanged.
struct Transpose {
  template <ShapeType S>
  static constexpr bool fits() {
    static_assert(S::rank >= 2, "odot::transpose: the last two axes are exchanged, so there must be two");
    return S::rank >= 2;
  }
  template <ShapeType S, class Steps, std::size_t B, class T, class D>
  static constexpr auto of(const Source<S, Steps, B, T, D>& from) {
    return permuted(from, std::make_index_sequence<S::rank>{});
  }

 private:
  template <class From, std::size_t... Axis>
  static constexpr auto permuted(const From& from, std::index_sequence<Axis...>) {
    constexpr std::size_t rank = sizeof...(Axis);
    return Permute<(Axis + 2 == rank ? rank - 1 : Axis + 1 == rank ? rank - 2 : Axis)...>::of(from);
  }
};

/// Indices [Begin, End) of one axis.
template <std::size_t Axis, std::size_t Begin, std::size_t End>
struct Slice {
  template <ShapeType S>
  static constexpr bool fits() {
    static_assert(Axis < S::rank, "odot::slice: the axis must be less than the rank; the batch is not counted");
    if constexpr (Axis < S::rank) {
      constexpr bool is_within = Begin < End && End <= S::extents[Axis];
      static_assert(is_within, "odot::slice: begin < end ≤ the axis' extent");
      return is_within;
    } else {
      return false;
    }
  }
  template <ShapeType S, class Steps, std::size_t B, class T, class D>
  static constexpr auto of(const Source<S, Steps, B, T, D>& from) {
    return sliced(from, std::make_index_sequence<S::rank>{});
  }

 private:
  template <ShapeType S, class Steps, std::size_t B, class T, class D, std::size_t... A>
  static constexpr auto sliced(const Source<S, Steps, B, T, D>& from, std::index_sequence<A...>) {
    return Source<Shape<(A == Axis ? End - Begin : S::extents[A])...>, Steps, B, T, D>(
        from.data + Begin * Steps::values[Axis], from.count);
  }
};

/// Row-major elements under another shape.
template <ShapeType Other>
struct As {
  template <ShapeType S>
  static constexpr bool fits() {
    static_assert(Other::size == S::size, "odot::as: both shapes must have as many elements");
    return Other::size == S::size;
  }
  template <ShapeType S, class T, class D, std::size_t B>
  static constexpr auto of(const Source<S, ContiguousStrides<S>, B, T, D>& from) {
    return Source<Other, ContiguousStrides<Other>, B, T, D>(from.data, from.count);
  }
};

}  // namespace odot::expressions
