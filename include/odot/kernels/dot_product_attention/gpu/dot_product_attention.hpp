#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the GPU: one team per block of queries (in backward also of keys) of one head of one sample.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/dot_product_attention/gpu/backward.hpp"
#include "odot/kernels/dot_product_attention/gpu/forward.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct DotProductAttention<Gpu> {
  template <class S>
  static void forward(Workspace<Gpu>&, const DotProductGeometry& g, std::size_t samples, TokenArray<const S> q,
                      TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths, TokenArray<S> y,
                      S* statistics) {
    gpu::launch_teams(samples * g.heads * detail::gpu_blocks(g),
                      detail::GpuAttentionForward<S>{{g, q, k, v, lengths}, y, statistics});
  }

  template <class S>
  static void backward(Workspace<Gpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                       TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                       TokenArray<const S> y, const S* statistics, TokenArray<const S> dy, TokenArray<S> dq,
                       TokenArray<S> dk, TokenArray<S> dv) {
    auto frame = workspace.frame();
    const std::size_t tokens = samples * g.tokens, teams = samples * g.heads * detail::gpu_blocks(g);
    S* delta = frame.template take<S>(tokens * g.heads);
    // Gradients that share memory may all be added.
    zero(tokens, g.heads * g.width, dq);
    zero(tokens, g.heads * g.width, dk);
    zero(tokens, g.heads * g.value_width, dv);
    const detail::GpuAttentionGradients<S> gradients{{g, q, k, v, lengths}, dy, statistics, delta};
    gpu::launch_teams(teams, detail::GpuQueryGradients<S>{gradients, y, dq});
    gpu::launch_teams(teams, detail::GpuKeyGradients<S>{gradients, dk, dv});
  }

  template <class S>
  static void zero(std::size_t tokens, std::size_t width, TokenArray<S> array) {
    gpu::for_each_index(tokens * width, [=] ODOT_HOST_DEVICE(std::size_t i) {
      array.data[i / width * array.stride + i % width] = S{0};
    });
  }
};

static_assert(DotProductAttentionKernel<DotProductAttention<Gpu>, Gpu>);

}  // namespace odot::kernels
