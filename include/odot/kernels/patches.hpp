#pragma once
// SPDX-License-Identifier: MIT
// Images cut into patches: copies of short rows.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

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

namespace detail {

/// Where channel c of patch (i, j) of image n begins in the images; `square` counts [n, i, j, c].
template <class G>
ODOT_HOST_DEVICE constexpr std::size_t patch_corner(std::size_t square) {
  const std::size_t c = square % G::C, patch = square / G::C;
  const std::size_t j = patch % G::columns, i = patch / G::columns % G::rows, n = patch / G::count;
  return ((n * G::C + c) * G::H + i * G::P) * G::W + j * G::P;
}

/// A row is a channel of a patch, P rows of P columns.
template <class G, class S>
struct PatchesGather {
  const S* x;
  S* patches;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const S* from = x + patch_corner<G>(run.row) + run.column;
    S* to = patches + run.row * (G::P * G::P) + run.column;
    for (std::size_t u = 0; u < G::P; ++u) run.store_to(to + u * G::P, run.load_from(from + u * G::W));
  }
};

template <class G, class S>
struct PatchesScatter {
  const S* patches;
  S* x;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const S* from = patches + run.row * (G::P * G::P) + run.column;
    S* to = x + patch_corner<G>(run.row) + run.column;
    for (std::size_t u = 0; u < G::P; ++u) run.store_to(to + u * G::W, run.load_from(from + u * G::P));
  }
};

}  // namespace detail

/// patches[i·W/P + j, c, u, v] = x[c, i·P + u, j·P + v], and back. P must divide H and W.
/// Shapes  x [N, C, H, W] ↔ patches [N, (H/P)·(W/P), C·P·P]
template <class Device>
struct Patches {
  template <class G, class S>
  static void gather(Workspace<Device>& workspace, BatchView<typename G::image, const S, Device> x,
                     BatchView<typename G::patches, S, Device> patches) {
    each_square<G, S>(workspace, x.samples(), detail::PatchesGather<G, S>{x.data(), patches.data()});
  }

  /// x is overwritten.
  template <class G, class S>
  static void scatter(Workspace<Device>& workspace, BatchView<typename G::patches, const S, Device> patches,
                      BatchView<typename G::image, S, Device> x) {
    each_square<G, S>(workspace, x.samples(), detail::PatchesScatter<G, S>{patches.data(), x.data()});
  }

 private:
  template <class G, class S, class Program>
  static void each_square(Workspace<Device>& workspace, std::size_t samples, const Program& program) {
    Parallel<Device>::template map<S>(workspace, samples * (G::count * G::C),
                                      std::integral_constant<std::size_t, G::P>{}, program);
  }
};

}  // namespace odot::kernels
