#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention on the GPU: launches of channel_passes.hpp (full form), series_passes.hpp and
// causal_passes.hpp. The number of stretches depends on sizes alone, so that the same work gives the same bits.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/gpu/causal_passes.hpp"
#include "odot/kernels/element_wise_attention/gpu/channel_passes.hpp"
#include "odot/kernels/element_wise_attention/gpu/series_passes.hpp"
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
    if constexpr (!Form.is_series()) gpu::for_each_thread(y.size(), detail::FullBackward<S, Form.causal>{batch, cache});
    else if constexpr (Form.causal) causal_backward<Form.order>(workspace, batch, qkv.samples(), cache);
    else series_backward<Form.order>(workspace, batch, qkv.samples(), cache);
  }

  template <ElementWiseForm Form, class S, std::size_t D>
  static void step(Workspace<Gpu>&, BatchView<Shape<3 * D>, const S, Gpu> qkv,
                   BatchView<Shape<Form.state(), D>, S, Gpu> state, BatchView<Shape<D>, S, Gpu> y) {
    static_assert(Form.is_recurrent(), "odot::kernels::ElementWiseAttention::step: only a causal series has steps");
    const detail::ChannelBatch<S> batch{.tokens = 1, .channels = D, .qkv = qkv.data(), .y = y.data()};
    const Stretches<S> tokens{batch, 1};
    launch(tokens, qkv.samples(), detail::CausalStep<S, Form.order>{tokens, state.data()});
  }

 private:
  template <class S>
  using Batches = detail::ChannelBatch<S>;
  template <class S>
  using Stretches = detail::Stretches<S>;
  template <class S, std::size_t Order>
  using Sums = detail::StoredSums<S, Order>;

  /// How many threads keep a GPU busy, even if that doubles the work; and the fewest tokens per thread for which
  /// storing, or loading, sums is worthwhile.
  static constexpr std::size_t enough_threads = 1 << 17, enough_channels = 1 << 16, least_summed = 32, least_read = 8;

  /// The batch in stretches, as long as possible while there are enough threads.
  template <class S>
  static Stretches<S> cut(const Batches<S>& batch, std::size_t samples, std::size_t least_length) {
    const std::size_t channels = std::max<std::size_t>(1, samples * batch.channels);
    const std::size_t wanted = (enough_threads + channels - 1) / channels;
    return {batch, (std::max)(least_length, (batch.tokens + wanted - 1) / wanted)};
  }
  /// A causal series in stretches of one block, which doubles the work; or in one stretch if there are enough channels,
  /// or hardly any blocks.
  template <class S>
  static Stretches<S> cut_causal(const Batches<S>& batch, std::size_t samples) {
    constexpr std::size_t block = element_wise_checkpoint;
    const bool whole = samples * batch.channels >= enough_channels || batch.tokens <= 2 * block;
    return {batch, whole ? batch.tokens : block};
  }

  template <class S, class Pass>
  static void launch(const Stretches<S>& stretches, std::size_t samples, const Pass& pass) {
    gpu::for_each_thread(samples * stretches.count() * stretches.batch.channels, pass);
  }
  template <class S, std::size_t Order, class Join>
  static void launch_rows(const Sums<S, Order>& sums, std::size_t samples, const Join& join) {
    gpu::for_each_thread(samples * detail::ChannelSums<S, Order>::rows * sums.channels, join);
  }
  /// Memory for `count` sums per sample.
  template <std::size_t Order, class S>
  static Sums<S, Order> take(Workspace<Gpu>::Frame& frame, const Batches<S>& batch, std::size_t samples,
                             std::size_t count) {
    S* data = frame.template take<S>(samples * count * detail::ChannelSums<S, Order>::rows * batch.channels);
    return {data, count, batch.channels};
  }

  /// Sums over whole sequences: pass(parts) makes those of the stretches.
  template <class S, std::size_t Order, class MakePass>
  static void sum_up(Workspace<Gpu>& workspace, const Stretches<S>& stretches, std::size_t samples,
                     const Sums<S, Order>& sums, const MakePass& pass) {
    if (stretches.count() == 1) return launch(stretches, samples, pass(sums));
    auto frame = workspace.frame();
    const auto parts = take<Order>(frame, stretches.batch, samples, stretches.count());
    launch(stretches, samples, pass(parts));
    launch_rows(sums, samples, detail::JoinedSums<S, Order>{parts, sums});
  }

  /// cache: null in evaluation.
  template <ElementWiseForm Form, class S>
  static void forward_all(Workspace<Gpu>& workspace, const Batches<S>& batch, std::size_t samples, S* cache) {
    if constexpr (!Form.is_series())
      gpu::for_each_thread(samples * batch.tokens * batch.channels, detail::FullForward<S, Form.causal>{batch, cache});
    else if constexpr (Form.causal) causal_forward<Form.order>(workspace, batch, samples, cache);
    else series_forward<Form.order>(workspace, batch, samples, cache);
  }

  template <std::size_t Order, class S>
  static void series_forward(Workspace<Gpu>& workspace, const Batches<S>& batch, std::size_t samples, S* cache) {
    const auto summed = cut(batch, samples, least_summed), read = cut(batch, samples, least_read);
    auto frame = workspace.frame();
    const auto keys = cache ? Sums<S, Order>{cache, 1, batch.channels} : take<Order>(frame, batch, samples, 1);
    sum_up(workspace, summed, samples, keys,
           [&](const Sums<S, Order>& parts) { return detail::KeySums<S, Order>{summed, parts}; });
    launch(read, samples, detail::SeriesOutput<S, Order>{read, keys});
  }

  template <std::size_t Order, class S>
  static void series_backward(Workspace<Gpu>& workspace, const Batches<S>& batch, std::size_t samples, const S* cache) {
    const auto summed = cut(batch, samples, least_summed), read = cut(batch, samples, least_read);
    const Sums<const S, Order> keys{cache, 1, batch.channels};
    auto frame = workspace.frame();
    const auto queries = take<Order>(frame, batch, samples, 1);
    sum_up(workspace, summed, samples, queries,
           [&](const Sums<S, Order>& parts) { return detail::SeriesQueryGradients<S, Order>{summed, keys, parts}; });
    launch(read, samples, detail::SeriesKeyGradients<S, Order>{read, queries});
  }

  template <std::size_t Order, class S>
  static void causal_forward(Workspace<Gpu>& workspace, const Batches<S>& batch, std::size_t samples, S* cache) {
    const auto stretches = cut_causal(batch, samples);
    Sums<S, Order> states{cache, (batch.tokens - 1) / element_wise_checkpoint, batch.channels};
    auto frame = workspace.frame();
    if (stretches.count() > 1) {
      if (!cache) states = take<Order>(frame, batch, samples, states.count);
      auto local = workspace.frame();
      const auto parts = take<Order>(local, batch, samples, stretches.count());
      launch(stretches, samples, detail::KeySums<S, Order>{stretches, parts});
      launch_rows(parts, samples, detail::PrefixSums<S, Order>{parts, states});
    }
    launch(stretches, samples, detail::CausalForward<S, Order>{stretches, states});
  }

  template <std::size_t Order, class S>
  static void causal_backward(Workspace<Gpu>& workspace, const Batches<S>& batch, std::size_t samples, const S* cache) {
    const auto stretches = cut_causal(batch, samples);
    const Sums<const S, Order> states{cache, (batch.tokens - 1) / element_wise_checkpoint, batch.channels};
    if (stretches.count() == 1) return launch(stretches, samples, detail::CausalBackward<S, Order>{stretches, states});
    auto frame = workspace.frame();
    const auto queries = take<Order>(frame, batch, samples, stretches.count());
    launch(stretches, samples, detail::CausalQuerySums<S, Order>{stretches, states, queries});
    launch_rows(queries, samples, detail::SuffixSums<S, Order>{stretches, states, queries});
    launch(stretches, samples, detail::CausalGradients<S, Order>{stretches, states, queries});
  }
};

static_assert(ElementWiseAttentionKernel<ElementWiseAttention<Gpu>, Gpu>);

}  // namespace odot::kernels
