#pragma once
// SPDX-License-Identifier: MIT
// Patches on the GPU: one thread per element.

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/patches/patches.hpp"

namespace odot::kernels {

template <>
struct Patches<Gpu> {
  template <class G, class S>
  static void gather(Workspace<Gpu>&, BatchView<typename G::image, const S, Gpu> x,
                     BatchView<typename G::patches, S, Gpu> patches) {
    const S* from = x.data();
    S* to = patches.data();
    gpu::for_each_index(patches.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { to[i] = from[pixel<G>(i)]; });
  }

  template <class G, class S>
  static void scatter(Workspace<Gpu>&, BatchView<typename G::patches, const S, Gpu> patches,
                      BatchView<typename G::image, S, Gpu> x) {
    const S* from = patches.data();
    S* to = x.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { to[pixel<G>(i)] = from[i]; });
  }

  /// Where element i of the patches lies in the images: i counts [n, row, column, c, u, v].
  template <class G>
  static ODOT_HOST_DEVICE std::size_t pixel(std::size_t i) {
    const std::size_t v = i % G::P, u = i / G::P % G::P, c = i / (G::P * G::P) % G::C;
    const std::size_t patch = i / G::size, n = patch / G::count;
    const std::size_t row = patch / G::columns % G::rows, column = patch % G::columns;
    return ((n * G::C + c) * G::H + row * G::P + u) * G::W + column * G::P + v;
  }
};

}  // namespace odot::kernels
