#pragma once
// SPDX-License-Identifier: MIT
// Contract of Adam's update.

#include <cstddef>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// The numbers of one Adam update.
struct AdamStep {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  std::size_t step = 1;    ///< counted from 1
  bool decoupled = false;  ///< weight decay acts on the parameter by itself, not through the gradient
};

/// g' = g + weight_decay·p;  m = β₁ m + (1−β₁) g';  v = β₂ v + (1−β₂) g'²;
/// p −= learning_rate · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + eps)
/// Decoupled: g' = g, and before that p −= learning_rate · weight_decay · p.
/// Spans of equal length; p, m, v updated in place. One pass over memory.
/// Source  Kingma, Ba, "Adam", 2015, algorithm 1; Loshchilov, Hutter, "Decoupled weight decay regularization", 2019,
///         algorithm 2; same convention as torch.optim.Adam and torch.optim.AdamW
///
///   update(workspace, step, gradient, parameter, first_moment, second_moment)
template <class Device>
struct Adam : detail::NoKernel {
  static_assert(detail::implemented<Device>, "odot::kernels::Adam: no kernel for this device; include odot/odot.hpp");
};

}  // namespace odot::kernels
