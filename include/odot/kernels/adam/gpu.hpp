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
    const AdamFactors<S> f(step);
    const S* g = gradient.data();
    S *p = parameter.data(), *m = first_moment.data(), *v = second_moment.data();
    gpu::for_each_index(parameter.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const S grad = g[i] + f.coupled_decay * p[i];
      m[i] = f.beta1.high * m[i] + (f.beta1.low * m[i] + f.new1 * grad);
      v[i] = f.beta2.high * v[i] + (f.beta2.low * v[i] + f.new2 * grad * grad);
      // v − v: 0, or NaN where v overflowed
      p[i] -= f.lost * p[i] + f.rate * m[i] / (std::sqrt(v[i]) * f.root + f.eps) + (v[i] - v[i]);
    });
  }
};

}  // namespace odot::kernels
