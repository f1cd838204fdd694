#pragma once
// SPDX-License-Identifier: MIT
// Contract of stochastic gradient descent's update.

#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"
#include "odot/kernels/split.hpp"

namespace odot::kernels {

/// The numbers of one update.
struct SgdStep {
  double learning_rate = 1e-2, momentum = 0, weight_decay = 0;
  bool nesterov = false;
};

/// g' = g + weight_decay·p;  u = momentum·u + g';  p −= learning_rate · (nesterov ? g' + momentum·u : u)
/// Spans of equal length; p and the velocity u updated in place.
/// Source  Sutskever et al., 2013; same convention as torch.optim.SGD with dampening 0
///
///   update(workspace, step, gradient, parameter, velocity)
template <class Device>
struct Sgd : detail::NoKernel<Device> {};

}  // namespace odot::kernels
