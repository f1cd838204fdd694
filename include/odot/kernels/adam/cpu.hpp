#pragma once
// SPDX-License-Identifier: MIT
// Adam's update on the CPU, in blocks that stay in the first-level cache.

#include "odot/kernels/adam/adam.hpp"
#include "odot/kernels/eigen.hpp"

namespace odot::kernels {

template <>
struct Adam<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // parameters

  template <class S>
  static void update(Workspace<Cpu>& workspace, const AdamStep& step, std::span<const S> gradient,
                     std::span<S> parameter, std::span<S> first_moment, std::span<S> second_moment) {
    const AdamFactors<S> f(step);
    const Chunks chunks(parameter.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const std::size_t begin = chunks.begin(c), n = chunks.size(c);
      const auto g = array(gradient.data() + begin, n);
      auto p = array(parameter.data() + begin, n);
      auto m = array(first_moment.data() + begin, n);
      auto v = array(second_moment.data() + begin, n);
      m = f.beta1.high * m + (f.beta1.low * m + f.new1 * (g + f.coupled_decay * p));
      v = f.beta2.high * v + (f.beta2.low * v + f.new2 * (g + f.coupled_decay * p) * (g + f.coupled_decay * p));
      p -= f.lost * p + f.rate * m / (v.sqrt() * f.root + f.eps) + (v - v);  // v − v: 0, or NaN where v overflowed
    });
  }
};

}  // namespace odot::kernels
