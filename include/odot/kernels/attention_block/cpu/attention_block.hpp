#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the CPU: two passes over the batch forward, two backward, a tile of samples at a time;
// heads live in the second-level cache only.
//     ../../attention_heads/cpu/score_bounds.hpp, scores.hpp, relevance.hpp
//                                            the scores of maps; softmaxes and heads, as in AttentionHeads
//     row_convolution.hpp    the convolution of rows
//     tile.hpp               one tile of samples, forward and backward
//     forward.hpp, backward.hpp, few_samples.hpp     the passes over a batch

#include <cstddef>

#include "odot/kernels/attention_block/contract.hpp"
#include "odot/kernels/attention_block/cpu/backward.hpp"
#include "odot/kernels/attention_block/cpu/forward.hpp"

namespace odot::kernels {

template <>
struct AttentionBlock<Cpu> {
  template <class G, class S>
  static void forward_training(Workspace<Cpu>& workspace, const NormConstants& constants,
                               BatchView<typename G::image, const S> x, const BlockWeights<const S, G, Cpu>& weights,
                               TensorView<Shape<G::maps>, S> running_mean, TensorView<Shape<G::maps>, S> running_var,
                               S* cache, BatchView<typename G::image, S> y) {
    Forward<G, S>::training(workspace, constants, x, form<G>(weights), running_mean.data(), running_var.data(),
                            cached<G, S>(cache, x.samples()), y);
  }

  template <class G, class S>
  static void forward_evaluation(Workspace<Cpu>& workspace, const NormConstants& constants,
                                 BatchView<typename G::image, const S> x, const BlockWeights<const S, G, Cpu>& weights,
                                 TensorView<Shape<G::maps>, const S> running_mean,
                                 TensorView<Shape<G::maps>, const S> running_var, BatchView<typename G::image, S> y) {
    Forward<G, S>::evaluation(workspace, constants, x, form<G>(weights), running_mean.data(), running_var.data(), y);
  }

  template <class G, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<typename G::image, const S> x,
                       const BlockWeights<const S, G, Cpu>& weights, const S* cache,
                       BatchView<typename G::image, const S> y, BatchView<typename G::image, const S> dy,
                       const BlockWeights<S, G, Cpu>& gradients, BatchView<typename G::image, S> dx) {
    const auto described = form<G>(weights);
    const auto described_gradients = form<G>(gradients);
    const auto kept = cached<G, S>(cache, x.samples());
    detail::BlockBackward<S, typename G::image, G::bias>(workspace, x, described, kept, y, dy, described_gradients, dx)
        .run();
  }

 private:
  template <class G, class S>
  using Forward = detail::BlockForward<S, typename G::image, G::bias>;

  template <class G, class S>
  static detail::BlockForm<S> form(const BlockWeights<S, G, Cpu>& w) {
    return {detail::heads_form<S>(G::heads, G::norm, w.heads), G::skip, G::relu, w.conv_weight.data(),
            w.conv_bias.data()};
  }

  template <class G, class S, class Pointer>
  static auto cached(Pointer* start, std::size_t samples) {
    return detail::BlockCache<detail::BlockTile<S, typename G::image, G::bias>, Pointer*>(start, samples, G::maps);
  }
};

// The library has those of the papers' images, Fashion-MNIST's and CIFAR-10's.
#if ODOT_HAS_LIBRARY
namespace detail {
ODOT_INSTANTIATION template struct BlockForward<float, Shape<1, 28, 28>, false>;
ODOT_INSTANTIATION template struct BlockForward<float, Shape<3, 32, 32>, false>;
ODOT_INSTANTIATION template class BlockBackward<float, Shape<1, 28, 28>, false>;
ODOT_INSTANTIATION template class BlockBackward<float, Shape<3, 32, 32>, false>;
}  // namespace detail
#endif

static_assert(AttentionBlockKernel<AttentionBlock<Cpu>, Cpu>);

}  // namespace odot::kernels
