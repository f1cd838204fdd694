#pragma once
// SPDX-License-Identifier: MIT
// The norm of a gradient, and clipping by it.

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"
#include "odot/kernels/split.hpp"

namespace odot::kernels {

namespace detail {

/// What clipping multiplies by: NaN where the norm is not finite (norm − norm is 0, or NaN).
ODOT_HOST_DEVICE inline double clipping_factor(double max_norm, double norm) {
  const double factor = max_norm / (norm + 1e-6);
  return (factor < 1 ? factor : 1) + (norm - norm);
}

/// Squares of floats are doubles that neither overflow nor vanish. Doubles are squared three times: as they are, and scaled
/// by powers of two for when those squares overflow or vanish.
/// Source  after Blue, "A portable Fortran program to find the Euclidean norm of a vector", 1978.
template <class S>
struct RootOfSquares {
  static constexpr double of_large = 0x1p-538, of_small = 0x1p537, least = 0x1p400, smallest = 0x1p-900;
  const S* gradient;
  double* norm;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto g = run.load(gradient);
    if constexpr (std::is_same_v<S, double>) {
      const auto large = select(abs(g) > least, g * of_large, 0), small_one = g * of_small;
      return terms(g * g, large * large, small_one * small_one);
    } else {
      return g * g;
    }
  }
  template <std::size_t K>
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, K>& squares) const {
    *norm = std::sqrt(squares[0]);
    if constexpr (K == 3) {
      if (squares[0] > (std::numeric_limits<double>::max)()) *norm = std::sqrt(squares[1]) / of_large;
      else if (squares[0] < smallest) *norm = std::sqrt(squares[2]) / of_small;
    }
  }
};

/// g · factor, the factor in two parts; a power of two is taken out of one whose parts might be too small for S.
template <class S>
struct Clip {
  bool changes;
  S power;
  Split<S> rest;
  S* gradient;

  ODOT_HOST_DEVICE Clip(double factor, S* of)
      : changes(factor != 1), power(factor < 0x1p-100 ? S(0x1p-60) : S{1}), rest(factor / static_cast<double>(power)),
        gradient(of) {}
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    if (!changes) return;
    const auto g = run.load(gradient);
    run.store(gradient, multiply_add(g, rest.high, g * rest.low) * power);
  }
};

template <class S>
struct ClipByNorm {
  double max_norm;
  const double* norm;
  S* gradient;

  ODOT_HOST_DEVICE Clip<S> prepare() const { return {clipping_factor(max_norm, *norm), gradient}; }
};

}  // namespace detail

/// ‖g‖ = √(Σ g²), summed in double, always in the same order; and g scaled down to a norm of at most max_norm. The norm
/// stays in the device's memory, so that nobody waits for it. Squares neither overflow nor vanish: those of floats are
/// doubles, and doubles are scaled where they would. The factor is as exact as a double: a small one would lose digits
/// in float, or vanish.
/// Source  same convention as torch.nn.utils.clip_grad_norm_: g ·= min(1, max_norm/(‖g‖ + 1e-6)); but a norm that is NaN or
///         infinite makes all of g NaN, where PyTorch's infinite norm makes it 0
template <class Device>
struct GradientNorm {
  /// norm: one double, memory of the device
  template <class S>
  static void measure(Workspace<Device>& workspace, std::span<const S> gradient, double* norm) {
    Parallel<Device>::template reduce_rows<double>(workspace, 1, gradient.size(),
                                                   detail::RootOfSquares<S>{gradient.data(), norm});
  }

  /// The norm as measure left it.
  template <class S>
  static void clip(Workspace<Device>& workspace, double max_norm, const double* norm, std::span<S> gradient) {
    Parallel<Device>::template map<S>(workspace, 1, gradient.size(),
                                      detail::ClipByNorm<S>{max_norm, norm, gradient.data()});
  }
};

}  // namespace odot::kernels
