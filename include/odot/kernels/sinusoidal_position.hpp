#pragma once
// SPDX-License-Identifier: MIT
// The fixed position encoding: its table, in double, then one addition for all samples.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/position_embedding.hpp"

namespace odot::kernels {

namespace detail {

/// Positions from one sine and cosine.
inline constexpr std::size_t position_stretch = 64;

/// A row is a stretch of positions, a column a pair of features: a vector that turns by one angle a position.
template <class S, std::size_t L, std::size_t D>
struct PositionTable {
  std::size_t first;  ///< position of the table's first row
  S* table;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    using Number = typename Run::Number;  // of doubles
    const std::size_t begin = run.row * position_stretch,
                      end = L - begin < position_stretch ? L : begin + position_stretch;
    const auto angle = pow(Number(10000.0), run.generate([&](std::size_t l) {
      return -static_cast<double>(2 * (run.column + l)) / static_cast<double>(D);
    }));
    const auto step_sine = sin(angle), step_cosine = cos(angle), start = static_cast<double>(first + begin) * angle;
    auto sine = sin(start), cosine = cos(start);
    for (std::size_t l = begin; l < end; ++l) {
      S* pairs = table + l * D + 2 * run.column;
      run.store_strided(pairs, 2, sine);
      // With D odd, the last pair is a sine alone.
      const std::size_t lone = 2 * (run.column + run.count) > D ? 1 : 0;
      run.first(run.count - lone).store_strided(pairs + 1, 2, cosine);
      const auto turned = sine * step_cosine + cosine * step_sine;
      cosine = cosine * step_cosine - sine * step_sine;
      sine = turned;
    }
  }
};

}  // namespace detail

/// y[l, 2i] = x[l, 2i] + sin(l · 10000^(−2i/D)),  y[l, 2i + 1] = x[l, 2i + 1] + cos(l · 10000^(−2i/D)); y may be x's
/// memory. With D odd, the last feature is a sine. first: the position l of the first token, 0 for a whole sequence.
/// Shapes  x [N, L, D] → y [N, L, D]
/// Memory  the L·D numbers of the table, from the workspace
/// Source  Vaswani et al., "Attention is all you need", 2017, section 3.5
template <class Device>
struct SinusoidalPosition {
  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Device>& workspace, std::size_t first, BatchView<Shape<L, D>, const S, Device> x,
                      BatchView<Shape<L, D>, S, Device> y) {
    auto frame = workspace.frame();
    S* table = frame.template take<S>(L * D);
    constexpr std::size_t stretches = (L + detail::position_stretch - 1) / detail::position_stretch;
    Parallel<Device>::template map<double>(workspace, stretches, std::integral_constant<std::size_t, (D + 1) / 2>{},
                                           detail::PositionTable<S, L, D>{first, table});
    Parallel<Device>::template map<S>(workspace, x.samples(), std::integral_constant<std::size_t, L * D>{},
                                      detail::AddToRows<S>{x.data(), table, y.data()});
  }
};

}  // namespace odot::kernels
