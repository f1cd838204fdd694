#pragma once
// SPDX-License-Identifier: MIT
// The fixed position encoding on the GPU: its table, one thread per element, in double; then one addition for all samples.

#include <cmath>
#include <cstddef>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/position_embedding/gpu.hpp"
#include "odot/kernels/sinusoidal_position/sinusoidal_position.hpp"

namespace odot::kernels {

template <>
struct SinusoidalPosition<Gpu> {
  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Gpu>& workspace, std::size_t first, BatchView<Shape<L, D>, const S, Gpu> x,
                      BatchView<Shape<L, D>, S, Gpu> y) {
    auto frame = workspace.frame();
    S* table = frame.template take<S>(L * D);
    gpu::for_each_index(L * D, [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t d = i % D, pair = d - d % 2;
      const double frequency = std::pow(10000.0, -static_cast<double>(pair) / static_cast<double>(D));
      const double angle = static_cast<double>(first + i / D) * frequency;
      table[i] = static_cast<S>(d == pair ? std::sin(angle) : std::cos(angle));
    });
    PositionEmbedding<Gpu>::forward(workspace, x, TensorView<Shape<L, D>, const S, Gpu>(table), y);
  }
};

}  // namespace odot::kernels
