#pragma once
// SPDX-License-Identifier: MIT
// The shapes of a convolution.

#include <cstddef>

#include "odot/core/shape.hpp"

namespace odot::kernels {

/// A kernel along one axis of an image: its extent, the steps between its places, the zeros on each side.
struct ConvAxis {
  std::size_t kernel = 1, stride = 1, padding = 0;

  constexpr bool operator==(const ConvAxis&) const = default;
  constexpr std::size_t output(std::size_t extent) const { return (extent + 2 * padding - kernel) / stride + 1; }
};

/// A convolution of Groups groups: output channel o sees the input channels of its own group only.
template <ShapeType In, std::size_t OutChannels, std::size_t Groups, ConvAxis Rows, ConvAxis Columns>
struct GroupedGeometry {
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2], O = OutChannels;
  static constexpr std::size_t groups = Groups, group_c = C / Groups, group_o = O / Groups;
  static constexpr ConvAxis rows = Rows, columns = Columns;
  static constexpr std::size_t out_h = Rows.output(H), out_w = Columns.output(W);
  static constexpr std::size_t taps = group_c * Rows.kernel * Columns.kernel;  // weights of one output channel
  using input = In;
  using output = Shape<O, out_h, out_w>;
  using weight = Shape<O, group_c, Rows.kernel, Columns.kernel>;
  using bias = Shape<O>;
};

/// One group, and a square kernel: the same stride and zero padding on both axes.
template <ShapeType In, std::size_t OutChannels, std::size_t Kernel, std::size_t Stride, std::size_t Padding>
struct ConvGeometry
    : GroupedGeometry<In, OutChannels, 1, ConvAxis{Kernel, Stride, Padding}, ConvAxis{Kernel, Stride, Padding}> {
  static constexpr std::size_t K = Kernel, stride = Stride, padding = Padding;
};

}  // namespace odot::kernels
