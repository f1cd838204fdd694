#pragma once
// SPDX-License-Identifier: MIT
// Adam's update on the CPU, in blocks that stay in the first-level cache.

#include <cmath>

#include "odot/kernels/adam/adam.hpp"
#include "odot/kernels/eigen.hpp"

namespace odot::kernels {

template <>
struct Adam<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // parameters

  template <class S>
  static void update(Workspace<Cpu>& workspace, const AdamStep& step, std::span<const S> gradient,
                     std::span<S> parameter, std::span<S> first_moment, std::span<S> second_moment) {
    const auto t = static_cast<double>(step.step);
    const S beta1 = static_cast<S>(step.beta1), beta2 = static_cast<S>(step.beta2), eps = static_cast<S>(step.eps);
    const S decay = static_cast<S>(step.decoupled ? 0 : step.weight_decay);
    const S kept = static_cast<S>(step.decoupled ? 1 - step.learning_rate * step.weight_decay : 1);
    const S rate = static_cast<S>(step.learning_rate / (1 - std::pow(step.beta1, t)));
    const S root = static_cast<S>(1 / std::sqrt(1 - std::pow(step.beta2, t)));
    const Chunks chunks(parameter.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const std::size_t begin = chunks.begin(c), n = chunks.size(c);
      const auto g = array(gradient.data() + begin, n);
      auto p = array(parameter.data() + begin, n);
      auto m = array(first_moment.data() + begin, n);
      auto v = array(second_moment.data() + begin, n);
      m = beta1 * m + (S{1} - beta1) * (g + decay * p);
      v = beta2 * v + (S{1} - beta2) * (g + decay * p).square();
      p = kept * p - rate * m / (v.sqrt() * root + eps);
    });
  }
};

}  // namespace odot::kernels
