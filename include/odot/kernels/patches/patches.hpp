#pragma once
// SPDX-License-Identifier: MIT
// Contract of cutting images into patches.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// Images cut into square patches without overlap, patch by patch in row-major order.
template <ShapeType Image, std::size_t Patch>
struct PatchGeometry {
  static constexpr std::size_t C = Image::extents[0], H = Image::extents[1], W = Image::extents[2];
  static constexpr std::size_t P = Patch, rows = H / P, columns = W / P, count = rows * columns;
  static constexpr std::size_t size = C * P * P;  // elements of a patch
  using image = Image;
  using patches = Shape<count, size>;
};

/// patches[i·W/P + j, c, u, v] = x[c, i·P + u, j·P + v], and back. P must divide H and W.
/// Shapes  x [N, C, H, W] ↔ patches [N, (H/P)·(W/P), C·P·P]
///
///   gather<Geometry>(workspace, x, patches)
///   scatter<Geometry>(workspace, patches, x)      x overwritten
template <class Device>
struct Patches : detail::NoKernel<Device> {};

}  // namespace odot::kernels
