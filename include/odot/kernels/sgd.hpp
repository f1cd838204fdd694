#pragma once
// SPDX-License-Identifier: MIT
// The update of stochastic gradient descent.

#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/split.hpp"
#include "odot/kernels/subnormal.hpp"

namespace odot::kernels {

/// The numbers of one update.
struct SGDStep {
  double learning_rate = 1e-2, momentum = 0, weight_decay = 0;
  bool nesterov = false;
};

namespace detail {

template <class S>
struct SGDUpdate {
  S rate, decay;
  Split<S> momentum;
  bool nesterov;
  const S* gradient;
  S *parameter, *velocity;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto p = run.load(parameter), u = run.load(velocity), g = run.load(gradient) + decay * p;
    const auto new_u = without_tiny(momentum.high * u + (momentum.low * u + g), least_moment<S>);
    run.store(velocity, new_u);
    run.store(parameter, p - rate * (nesterov ? g + momentum.high * new_u : new_u));
  }
};

}  // namespace detail

/// g' = g + weight_decay·p;  u = momentum·u + g';  p −= learning_rate · (nesterov ? g' + momentum·u : u)
/// Spans of equal length; p and the velocity u updated in place. A velocity below the smallest normal number becomes 0.
/// Source  Sutskever et al., 2013; same convention as torch.optim.SGD with dampening 0
template <class Device>
struct SGD {
  template <class S>
  static void update(Workspace<Device>& workspace, const SGDStep& step, std::span<const S> gradient,
                     std::span<S> parameter, std::span<S> velocity) {
    Parallel<Device>::template map<S>(
        workspace, 1, parameter.size(),
        detail::SGDUpdate<S>{static_cast<S>(step.learning_rate), static_cast<S>(step.weight_decay),
                             Split<S>(step.momentum), step.nesterov, gradient.data(), parameter.data(),
                             velocity.data()});
  }
};

}  // namespace odot::kernels
