#pragma once
// SPDX-License-Identifier: MIT
// Stochastic gradient descent's update on the GPU.

#include <span>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/sgd/sgd.hpp"

namespace odot::kernels {

template <>
struct Sgd<Gpu> {
  template <class S>
  static void update(Workspace<Gpu>&, const SgdStep& step, std::span<const S> gradient, std::span<S> parameter,
                     std::span<S> velocity) {
    const S rate = static_cast<S>(step.learning_rate), decay = static_cast<S>(step.weight_decay);
    const Split<S> momentum(step.momentum);
    const bool nesterov = step.nesterov;
    const S* g = gradient.data();
    S *p = parameter.data(), *u = velocity.data();
    gpu::for_each_index(parameter.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const S grad = g[i] + decay * p[i];
      u[i] = momentum.high * u[i] + (momentum.low * u[i] + grad);
      p[i] -= rate * (nesterov ? grad + momentum.high * u[i] : u[i]);
    });
  }
};

}  // namespace odot::kernels
