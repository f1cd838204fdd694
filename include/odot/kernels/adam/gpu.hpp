#pragma once
// SPDX-License-Identifier: MIT
// Adam's update on the GPU: one launch over the whole span.

#include <cmath>
#include <span>

#include "odot/kernels/adam/adam.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct Adam<Gpu> {
  template <class S>
  static void update(Workspace<Gpu>&, const AdamStep& step, std::span<const S> gradient, std::span<S> parameter,
                     std::span<S> first_moment, std::span<S> second_moment) {
    const auto t = static_cast<double>(step.step);
    const S beta1 = static_cast<S>(step.beta1), beta2 = static_cast<S>(step.beta2), eps = static_cast<S>(step.eps);
    const S decay = static_cast<S>(step.decoupled ? 0 : step.weight_decay);
    const S kept = static_cast<S>(step.decoupled ? 1 - step.learning_rate * step.weight_decay : 1);
    const S rate = static_cast<S>(step.learning_rate / (1 - std::pow(step.beta1, t)));
    const S root = static_cast<S>(1 / std::sqrt(1 - std::pow(step.beta2, t)));
    const S* g = gradient.data();
    S *p = parameter.data(), *m = first_moment.data(), *v = second_moment.data();
    gpu::for_each_index(parameter.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const S grad = g[i] + decay * p[i];
      m[i] = beta1 * m[i] + (S{1} - beta1) * grad;
      v[i] = beta2 * v[i] + (S{1} - beta2) * grad * grad;
      p[i] = kept * p[i] - rate * m[i] / (std::sqrt(v[i]) * root + eps);
    });
  }
};

}  // namespace odot::kernels
