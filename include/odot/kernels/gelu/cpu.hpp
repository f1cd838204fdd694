#pragma once
// SPDX-License-Identifier: MIT
// The Gaussian error linear unit on the CPU, by packets.

#include <algorithm>

#include "odot/core/parallel.hpp"
#include "odot/kernels/gelu/gelu.hpp"
#include "odot/kernels/normal_distribution.hpp"

namespace odot::kernels {

template <>
struct Gelu<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // elements

  template <ShapeType Sh, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<Sh, const S> x, BatchView<Sh, S> y) {
    const Chunks chunks(x.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      by_packets(chunks.begin(c), chunks.size(c), x.data(), x.data(), y.data(), [](const auto& value, const auto&) {
        return simd::multiply(value, simd::normal_distribution<S>(value).probability);
      });
    });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<Sh, const S> x, BatchView<Sh, const S> dy,
                       BatchView<Sh, S> dx) {
    if (!dx) return;
    const Chunks chunks(x.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      by_packets(chunks.begin(c), chunks.size(c), x.data(), dy.data(), dx.data(),
                 [](const auto& value, const auto& grad) {
                   const auto normal = simd::normal_distribution<S>(value);
                   // y = x Φ(x)
                   return simd::multiply(grad, simd::multiply_add(value, normal.density, normal.probability));
                 });
    });
  }

 private:
  /// result[i] = function(a[i], b[i]) for `count` elements from `begin` on; the last ones in a packet filled up.
  template <class S, class Function>
  static void by_packets(std::size_t begin, std::size_t count, const S* a, const S* b, S* result,
                         const Function& function) {
    constexpr std::size_t lanes = simd::lanes<S>;
    std::size_t i = begin;
    for (; i + lanes <= begin + count; i += lanes)
      simd::store(result + i, function(simd::load(a + i), simd::load(b + i)));
    const std::size_t rest = begin + count - i;
    if (rest == 0) return;
    S as[lanes] = {}, bs[lanes] = {}, results[lanes];
    std::copy_n(a + i, rest, as);
    std::copy_n(b + i, rest, bs);
    simd::store(results, function(simd::load(as), simd::load(bs)));
    std::copy_n(results, rest, result + i);
  }
};

}  // namespace odot::kernels
