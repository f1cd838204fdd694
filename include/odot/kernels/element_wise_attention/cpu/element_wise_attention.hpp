#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention on the CPU: channels side by side in SIMD registers, samples and blocks of channels on
// threads. No channel's arithmetic depends on another's, so that any division of the work gives the same bits.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/parallel.hpp"
#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/cpu/causal_series.hpp"
#include "odot/kernels/element_wise_attention/cpu/full.hpp"
#include "odot/kernels/element_wise_attention/cpu/sequence.hpp"
#include "odot/kernels/element_wise_attention/cpu/series.hpp"
#include "odot/kernels/element_wise_attention/cpu/series_step.hpp"

namespace odot::kernels {

template <>
struct ElementWiseAttention<Cpu> {
  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void forward_training(Workspace<Cpu>& workspace, BatchView<Shape<L, 3 * D>, const S> qkv,
                               const std::int32_t* lengths, S* cache, BatchView<Shape<L, D>, S> y) {
    forward_all<Form>(workspace, sequences(qkv, lengths, y.data(), L, D), cache);
  }

  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void forward_evaluation(Workspace<Cpu>& workspace, BatchView<Shape<L, 3 * D>, const S> qkv,
                                 const std::int32_t* lengths, BatchView<Shape<L, D>, S> y) {
    forward_all<Form>(workspace, sequences(qkv, lengths, y.data(), L, D), static_cast<S*>(nullptr));
  }

  template <ElementWiseForm Form, class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<L, 3 * D>, const S> qkv, const std::int32_t* lengths,
                       const S* cache, BatchView<Shape<L, D>, const S> y, BatchView<Shape<L, D>, const S> dy,
                       BatchView<Shape<L, 3 * D>, S> dqkv) {
    if (!dqkv) return;
    auto batch = sequences(qkv, lengths, static_cast<S*>(nullptr), L, D);
    batch.first.output = y.data();
    batch.first.dy = dy.data();
    batch.first.dqkv = dqkv.data();
    backward_all<Form>(workspace, batch, cache);
  }

  template <ElementWiseForm Form, class S, std::size_t D>
  static void step(Workspace<Cpu>& workspace, BatchView<Shape<3 * D>, const S> qkv,
                   BatchView<Shape<Form.state(), D>, S> state, BatchView<Shape<D>, S> y) {
    static_assert(Form.is_recurrent(), "odot::kernels::ElementWiseAttention::step: only a causal series has steps");
    const auto batch = sequences(qkv, nullptr, y.data(), 1, D);
    const Chunks chunks(batch.samples, sequences_per_unit(Form.sums() * D));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t chunk, std::size_t) {
      for (std::size_t n = chunks.begin(chunk); n < chunks.end(chunk); ++n)
        detail::SeriesStep<S, Form.order>::step(batch[n], state[n].data());
    });
  }

 private:
  template <ElementWiseForm Form, class S>
  using SeriesOf = std::conditional_t<Form.causal, detail::CausalSeries<S, Form.order>, detail::Series<S, Form.order>>;

  static constexpr std::size_t unit_size = 1 << 14;  // elements that are worth a thread

  template <class S, class Shape>
  static detail::Sequences<S> sequences(BatchView<Shape, const S> qkv, const std::int32_t* lengths, S* y,
                                        std::size_t tokens, std::size_t channels) {
    detail::Sequences<S> batch{.first = {}, .lengths = lengths, .samples = qkv.samples()};
    batch.first.qkv = qkv.data();
    batch.first.y = y;
    batch.first.tokens = tokens;
    batch.first.channels = channels;
    return batch;
  }

  static constexpr std::size_t sequences_per_unit(std::size_t elements) {
    return std::max<std::size_t>(1, unit_size / std::max<std::size_t>(1, elements));
  }

  /// Calls body(sample's number, sample, first channel, end, worker) for pieces of the channels of every sample.
  template <ElementWiseForm Form, class S, class Body>
  static void for_pieces(Workspace<Cpu>& workspace, const detail::Sequences<S>& batch, const Body& body) {
    const std::size_t width = piece_width<Form>(batch, workspace.threads());
    const Chunks pieces(batch.first.channels, width);
    const Chunks units(batch.samples * pieces.count(), sequences_per_unit(piece_cost<Form>(batch, width)));
    parallel_for(workspace.threads(), units.count(), [&](std::size_t unit, std::size_t worker) {
      for (std::size_t u = units.begin(unit); u < units.end(unit); ++u) {
        const std::size_t n = u / pieces.count(), piece = u % pieces.count();
        body(n, batch[n], pieces.begin(piece), pieces.end(piece), worker);
      }
    });
  }

  /// Channels of a piece: one packet in the full form, which computes every pair of tokens; otherwise whole cache
  /// lines, which are read at once, as many as leave two pieces for every thread. No channel depends on another, so the
  /// width changes no bits.
  template <ElementWiseForm Form, class S>
  static std::size_t piece_width(const detail::Sequences<S>& batch, int threads) {
    constexpr std::size_t packet = simd::lanes<S>, line = (std::max)(std::size_t{64} / sizeof(S), packet);
    const std::size_t channels = batch.first.channels;
    const std::size_t wanted = batch.samples * channels / (2 * static_cast<std::size_t>(threads));
    if (!Form.is_series()) return packet;
    return wanted >= channels ? channels : (std::max)(wanted / line, std::size_t{1}) * line;
  }

  template <ElementWiseForm Form, class S>
  static std::size_t piece_cost(const detail::Sequences<S>& batch, std::size_t width) {
    const std::size_t tokens = batch.first.tokens;
    return width * tokens * (Form.is_series() ? 1 : tokens);
  }

  template <class S>
  static S* scratch(Workspace<Cpu>& workspace, Workspace<Cpu>::Frame& frame, std::size_t size) {
    return frame.take<S>(static_cast<std::size_t>(workspace.threads()) * size);
  }

  /// cache: null in evaluation.
  template <ElementWiseForm Form, class S>
  static void forward_all(Workspace<Cpu>& workspace, const detail::Sequences<S>& batch, S* cache) {
    const std::size_t tokens = batch.first.tokens, channels = batch.first.channels;
    const std::size_t kept = element_wise_attention_cache(Form, 1, tokens, channels);
    auto frame = workspace.frame();
    const auto each = [&](std::size_t size, const auto& body) {
      S* own = scratch<S>(workspace, frame, size);
      for_pieces<Form>(workspace, batch,
                       [&](std::size_t n, const auto& s, std::size_t begin, std::size_t end, std::size_t worker) {
                         body(cache ? cache + n * kept : nullptr, s, begin, end, own + worker * size);
                       });
    };
    if constexpr (Form.is_series()) {
      using Series = SeriesOf<Form, S>;
      const std::size_t size = Series::scratch_size(channels);
      each(size + Series::sums_size(channels),
           [&](S* saved, const auto& s, std::size_t begin, std::size_t end, S* own) {
             if constexpr (Form.causal) Series::forward(s, saved, own, begin, end);
             else Series::forward(s, saved ? saved : own + size, own, begin, end);
           });
    } else {
      using Full = detail::Full<S, Form.causal>;
      each(Full::forward_scratch(tokens), [&](S* saved, const auto& s, std::size_t begin, std::size_t end, S* own) {
        detail::for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
          Full::template forward<Whole>(s, own, saved, c, width);
        });
        s.clear_padding_output(begin, end);
      });
    }
  }

  template <ElementWiseForm Form, class S>
  static void backward_all(Workspace<Cpu>& workspace, const detail::Sequences<S>& batch, const S* cache) {
    const std::size_t tokens = batch.first.tokens, channels = batch.first.channels;
    const std::size_t kept = element_wise_attention_cache(Form, 1, tokens, channels);
    auto frame = workspace.frame();
    const auto each = [&](std::size_t size, const auto& body) {
      S* own = scratch<S>(workspace, frame, size);
      for_pieces<Form>(workspace, batch,
                       [&](std::size_t n, const auto& s, std::size_t begin, std::size_t end, std::size_t worker) {
                         body(cache + n * kept, s, begin, end, own + worker * size);
                       });
    };
    if constexpr (Form.is_series()) {
      using Series = SeriesOf<Form, S>;
      each(Series::scratch_size(channels), [&](const S* saved, const auto& s, std::size_t begin, std::size_t end,
                                               S* own) { Series::backward(s, saved, own, begin, end); });
    } else {
      using Full = detail::Full<S, Form.causal>;
      each(Full::backward_scratch(tokens),
           [&](const S* saved, const auto& s, std::size_t begin, std::size_t end, S* own) {
             detail::for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
               Full::template backward<Whole>(s, own, saved, c, width);
             });
             s.clear_padding_gradients(begin, end);
           });
    }
  }
};

static_assert(ElementWiseAttentionKernel<ElementWiseAttention<Cpu>, Cpu>);

}  // namespace odot::kernels
