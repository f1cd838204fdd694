#pragma once
// SPDX-License-Identifier: MIT
// The norm of a gradient, and clipping by it.

#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

/// What clipping multiplies by: NaN where the norm is not finite (norm − norm is 0, or NaN).
ODOT_HOST_DEVICE inline double clipping_factor(double max_norm, double norm) {
  const double factor = max_norm / (norm + 1e-6);
  return (factor < 1 ? factor : 1) + (norm - norm);
}

/// *unit = the power of two below the largest |g|; 1 where they are all 0, or not all of them finite.
struct GradientUnit {
  const double* gradient;
  double* unit;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return abs(run.load(gradient));
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& largest) const {
    int exponent = 0;
    if (largest[0] > 0 && largest[0] - largest[0] == 0) exponent = std::ilogb(largest[0]);
    *unit = std::ldexp(1.0, exponent);
  }
};

/// *norm = unit · √Σ (g/unit)², in double; the unit is 1 where there is none.
template <class S>
struct RootOfSquares {
  const S* gradient;
  const double* unit;
  double* norm;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    if constexpr (std::is_same_v<S, double>) {
      const auto g = run.load(gradient) / *unit;
      return g * g;
    } else {
      const auto g = run.load(gradient);
      return g * g;
    }
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& squares) const {
    *norm = (unit ? *unit : 1.0) * std::sqrt(squares[0]);
  }
};

template <class S>
struct Clip {
  double factor;
  S* gradient;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    if (factor != 1) run.store(gradient, run.load(gradient) * factor);
  }
};

/// The factor follows from a norm that lies in the device's memory.
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
/// doubles, and doubles are divided by a power of two near the largest of them first. The factor is a double too: a small
/// one would lose digits in float, or vanish.
/// Source  same convention as torch.nn.utils.clip_grad_norm_: g ·= min(1, max_norm/(‖g‖ + 1e-6)); but a norm that is NaN or
///         infinite makes all of g NaN, where PyTorch's infinite norm makes it 0
template <class Device>
struct GradientNorm {
  /// norm: one double, memory of the device
  template <class S>
  static void measure(Workspace<Device>& workspace, std::span<const S> gradient, double* norm) {
    auto frame = workspace.frame();
    double* unit = nullptr;
    if constexpr (std::is_same_v<S, double>) {
      unit = frame.template take<double>(1);
      Parallel<Device>::template reduce_rows<double, Largest>(workspace, 1, gradient.size(),
                                                              detail::GradientUnit{gradient.data(), unit});
    }
    Parallel<Device>::template reduce_rows<double>(workspace, 1, gradient.size(),
                                                   detail::RootOfSquares<S>{gradient.data(), unit, norm});
  }

  /// The norm as measure left it.
  template <class S>
  static void clip(Workspace<Device>& workspace, double max_norm, const double* norm, std::span<S> gradient) {
    Parallel<Device>::template map<double>(workspace, 1, gradient.size(),
                                           detail::ClipByNorm<S>{max_norm, norm, gradient.data()});
  }
};

}  // namespace odot::kernels
