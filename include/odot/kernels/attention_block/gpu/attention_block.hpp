#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, in two forms, neither of which stores heads in the device's memory:
//     lane_block.hpp    one lane per sample: large batches of small images
//     team_block.hpp    one team per sample: small batches, and any image that fits shared memory

#include <cstddef>

#include "odot/kernels/attention_block/contract.hpp"
#include "odot/kernels/attention_block/gpu/lane_block.hpp"
#include "odot/kernels/attention_block/gpu/team_block.hpp"

namespace odot::kernels {

template <>
struct AttentionBlock<Gpu> {
  /// From this many samples on, enough lanes are busy.
  static constexpr std::size_t lane_samples = 128;

  template <class G, class S>
  static void forward_training(Workspace<Gpu>& workspace, const NormConstants& constants,
                               BatchView<typename G::image, const S, Gpu> x,
                               const BlockWeights<const S, G, Gpu>& weights,
                               TensorView<Shape<G::maps>, S, Gpu> running_mean,
                               TensorView<Shape<G::maps>, S, Gpu> running_var, S* cache,
                               BatchView<typename G::image, S, Gpu> y) {
    with_form<G, S>(x.samples(), [&]<class Form>(const Form&) {
      Form::forward_training(workspace, constants, x, weights, running_mean, running_var, cache, y);
    });
  }

  template <class G, class S>
  static void forward_evaluation(Workspace<Gpu>& workspace, const NormConstants& constants,
                                 BatchView<typename G::image, const S, Gpu> x,
                                 const BlockWeights<const S, G, Gpu>& weights,
                                 TensorView<Shape<G::maps>, const S, Gpu> running_mean,
                                 TensorView<Shape<G::maps>, const S, Gpu> running_var,
                                 BatchView<typename G::image, S, Gpu> y) {
    with_form<G, S>(x.samples(), [&]<class Form>(const Form&) {
      Form::forward_evaluation(workspace, constants, x, weights, running_mean, running_var, y);
    });
  }

  template <class G, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::image, const S, Gpu> x,
                       const BlockWeights<const S, G, Gpu>& weights, const S* cache,
                       BatchView<typename G::image, const S, Gpu> y, BatchView<typename G::image, const S, Gpu> dy,
                       const BlockWeights<S, G, Gpu>& gradients, BatchView<typename G::image, S, Gpu> dx) {
    with_form<G, S>(x.samples(), [&]<class Form>(const Form&) {
      Form::backward(workspace, x, weights, cache, y, dy, gradients, dx);
    });
  }

 private:
  template <class G, class S, class Body>
  static void with_form(std::size_t samples, const Body& body) {
    if constexpr (detail::LaneBlock<G, S>::fits)
      if (samples >= lane_samples) return body(detail::LaneBlock<G, S>());
    body(detail::TeamBlock<G, S>());
  }
};

static_assert(AttentionBlockKernel<AttentionBlock<Gpu>, Gpu>);

}  // namespace odot::kernels
