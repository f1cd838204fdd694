#pragma once
// SPDX-License-Identifier: MIT
// Patches on the CPU: short copies, a row of a patch each.

#include <algorithm>

#include "odot/core/parallel.hpp"
#include "odot/kernels/patches/patches.hpp"

namespace odot::kernels {

template <>
struct Patches<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;

  template <class G, class S>
  static void gather(Workspace<Cpu>& workspace, BatchView<typename G::image, const S> x,
                     BatchView<typename G::patches, S> patches) {
    each_row<G>(workspace, x.samples(), [&](std::size_t image, std::size_t patch) {
      std::copy_n(x.data() + image, G::P, patches.data() + patch);
    });
  }

  template <class G, class S>
  static void scatter(Workspace<Cpu>& workspace, BatchView<typename G::patches, const S> patches,
                      BatchView<typename G::image, S> x) {
    each_row<G>(workspace, x.samples(), [&](std::size_t image, std::size_t patch) {
      std::copy_n(patches.data() + patch, G::P, x.data() + image);
    });
  }

 private:
  /// Calls body with the offsets, in the images and in the patches, of every row of every patch.
  template <class G, class Body>
  static void each_row(Workspace<Cpu>& workspace, std::size_t samples, const Body& body) {
    const Chunks chunks(samples, chunk_elements / G::image::size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t k, std::size_t) {
      for (std::size_t n = chunks.begin(k); n < chunks.end(k); ++n)
        for (std::size_t i = 0; i < G::rows; ++i)
          for (std::size_t j = 0; j < G::columns; ++j)
            for (std::size_t c = 0; c < G::C; ++c)
              for (std::size_t u = 0; u < G::P; ++u)
                body(((n * G::C + c) * G::H + i * G::P + u) * G::W + j * G::P,
                     (((n * G::rows + i) * G::columns + j) * G::C + c) * G::P * G::P + u * G::P);
    });
  }
};

}  // namespace odot::kernels
