#pragma once
// SPDX-License-Identifier: MIT
// The fixed position encoding on the CPU.

#include <cmath>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/kernels/position_embedding/cpu.hpp"
#include "odot/kernels/sinusoidal_position/sinusoidal_position.hpp"

namespace odot::kernels {

template <>
struct SinusoidalPosition<Cpu> {
  static constexpr std::size_t stretch = 64;  // positions from one sine and cosine

  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<L, D>, const S> x, BatchView<Shape<L, D>, S> y) {
    auto frame = workspace.frame();
    const TensorView<Shape<L, D>, S> table(frame.take<S>(L * D));
    const Chunks stretches(L, stretch);
    parallel_for(workspace.threads(), stretches.count(), [&](std::size_t k, std::size_t) {
      for (std::size_t d = 0; d < D; d += 2) fill(table, d, stretches.begin(k), stretches.end(k));
    });
    PositionEmbedding<Cpu>::forward(workspace, x, TensorView<Shape<L, D>, const S>(table), y);
  }

 private:
  /// Features d and d + 1 of positions [begin, end): a vector that turns by one angle a position, in double.
  template <class S, std::size_t L, std::size_t D>
  static void fill(TensorView<Shape<L, D>, S> table, std::size_t d, std::size_t begin, std::size_t end) {
    const double angle = std::pow(10000.0, -static_cast<double>(d) / static_cast<double>(D));
    const double step_sine = std::sin(angle), step_cosine = std::cos(angle);
    double sine = std::sin(static_cast<double>(begin) * angle), cosine = std::cos(static_cast<double>(begin) * angle);
    for (std::size_t l = begin; l < end; ++l) {
      table(l, d) = static_cast<S>(sine);
      if (d + 1 < D) table(l, d + 1) = static_cast<S>(cosine);
      const double turned = sine * step_cosine + cosine * step_sine;
      cosine = cosine * step_cosine - sine * step_sine;
      sine = turned;
    }
  }
};

}  // namespace odot::kernels
