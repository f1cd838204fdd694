#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention on the GPU: launches of channel_passes.hpp.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/element_wise_attention/channel_passes.hpp"
#include "odot/kernels/element_wise_attention/element_wise_attention.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct ElementWiseAttention<Gpu> {
  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void forward_training(Workspace<Gpu>& workspace, BatchView<Shape<L, 3 * D>, const S, Gpu> qkv,
                               const std::int32_t* lengths, S* cache, BatchView<Shape<L, D>, S, Gpu> y) {
    const detail::ChannelBatch<S> batch{
        .tokens = L, .channels = D, .lengths = lengths, .qkv = qkv.data(), .y = y.data()};
    forward_all<Form>(workspace, batch, qkv.samples(), cache);
  }

  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void forward_evaluation(Workspace<Gpu>& workspace, BatchView<Shape<L, 3 * D>, const S, Gpu> qkv,
                                 const std::int32_t* lengths, BatchView<Shape<L, D>, S, Gpu> y) {
    forward_training<Form>(workspace, qkv, lengths, static_cast<S*>(nullptr), y);
  }

  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Gpu>& workspace, BatchView<Shape<L, 3 * D>, const S, Gpu> qkv,
                       const std::int32_t* lengths, const S* cache, BatchView<Shape<L, D>, const S, Gpu> y,
                       BatchView<Shape<L, D>, const S, Gpu> dy, BatchView<Shape<L, 3 * D>, S, Gpu> dqkv) {
    if (!dqkv) return;
    const detail::ChannelBatch<S> batch{.tokens = L,
                                        .channels = D,
                                        .lengths = lengths,
                                        .qkv = qkv.data(),
                                        .output = y.data(),
                                        .dy = dy.data(),
                                        .dqkv = dqkv.data()};
    const std::size_t channels = qkv.samples() * D, tokens = channels * L;
    if constexpr (!Form.is_series()) {
      gpu::for_each_index(tokens, detail::FullBackward<S, Form.causal>{batch, cache});
    } else if constexpr (Form.causal) {
      gpu::for_each_index(
          channels, detail::CausalBackward<S, Form.order>{batch, cache, element_wise_attention_cache(Form, 1, L, D)});
    } else {
      auto frame = workspace.frame();
      S* queries = frame.template take<S>(Form.state() * channels);
      gpu::for_each_index(channels, detail::SeriesQueryGradients<S, Form.order>{batch, cache, queries});
      gpu::for_each_index(tokens, detail::SeriesKeyGradients<S, Form.order>{batch, queries});
    }
  }

  template <ElementWiseForm Form, class S, std::size_t D>
  static void step(Workspace<Gpu>&, BatchView<Shape<3 * D>, const S, Gpu> qkv,
                   BatchView<Shape<Form.state(), D>, S, Gpu> state, BatchView<Shape<D>, S, Gpu> y) {
    static_assert(Form.is_recurrent(), "odot::kernels::ElementWiseAttention::step: only a causal series has steps");
    const detail::ChannelBatch<S> batch{.tokens = 1, .channels = D, .qkv = qkv.data(), .y = y.data()};
    gpu::for_each_index(qkv.samples() * D, detail::CausalStep<S, Form.order>{batch, state.data()});
  }

  /// cache: null in evaluation.
  template <ElementWiseForm Form, class S>
  static void forward_all(Workspace<Gpu>& workspace, const detail::ChannelBatch<S>& batch, std::size_t samples,
                          S* cache) {
    const std::size_t channels = samples * batch.channels, tokens = channels * batch.tokens;
    if constexpr (!Form.is_series()) {
      gpu::for_each_index(tokens, detail::FullForward<S, Form.causal>{batch, cache});
    } else if constexpr (Form.causal) {
      const std::size_t kept = element_wise_attention_cache(Form, 1, batch.tokens, batch.channels);
      gpu::for_each_index(channels, detail::CausalForward<S, Form.order>{batch, cache, kept});
    } else {
      auto frame = workspace.frame();
      S* sums = cache ? cache : frame.template take<S>(Form.state() * channels);
      gpu::for_each_index(channels, detail::SeriesKeySums<S, Form.order>{batch, sums});
      gpu::for_each_index(tokens, detail::SeriesOutput<S, Form.order>{batch, sums});
    }
  }
};

}  // namespace odot::kernels
