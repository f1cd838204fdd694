#pragma once
// SPDX-License-Identifier: MIT
// Stochastic gradient descent's update on the CPU.

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/sgd/sgd.hpp"

namespace odot::kernels {

template <>
struct Sgd<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // parameters

  template <class S>
  static void update(Workspace<Cpu>& workspace, const SgdStep& step, std::span<const S> gradient,
                     std::span<S> parameter, std::span<S> velocity) {
    const S rate = static_cast<S>(step.learning_rate), decay = static_cast<S>(step.weight_decay);
    const Split<S> momentum(step.momentum);
    const Chunks chunks(parameter.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const std::size_t begin = chunks.begin(c), n = chunks.size(c);
      const auto g = array(gradient.data() + begin, n);
      auto p = array(parameter.data() + begin, n);
      auto u = array(velocity.data() + begin, n);
      u = momentum.high * u + (momentum.low * u + (g + decay * p));
      if (step.nesterov) p -= rate * (g + decay * p + momentum.high * u);
      else p -= rate * u;
    });
  }
};

}  // namespace odot::kernels
