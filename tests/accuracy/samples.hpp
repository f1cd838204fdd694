#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: gradients of parameters, which are sums over all samples of a batch and all pixels of an image.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "accuracy/probe.hpp"
#include "odot/nn/attention_block.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/layer_norm.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/position_embedding.hpp"

namespace odot::test {

struct NarrowLinear : Bound<nn::Linear<2>, Shape<2>> {};
struct SmallDirect : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<1, 5, 4>> {};
struct SmallStrided : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .stride = 3}>, Shape<1, 6, 6>> {};
struct SmallWinograd : Bound<nn::Conv2d<16, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<16, 4, 4>> {};
struct SmallBatchNorm : Bound<nn::BatchNorm2d<>, Shape<2, 3, 2>> {};
struct SmallLayerNorm : Bound<nn::LayerNorm<>, Shape<8>> {};
struct SmallPositions : Bound<nn::PositionEmbedding, Shape<2, 3>> {};
struct SmallToken : Bound<nn::ClassToken, Shape<2, 3>> {};
struct SmallHeads : Bound<nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>, Shape<1, 3, 3>> {};
struct WideWinograd : Bound<nn::Conv2d<16, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<16, 4, 1000>> {};
template <std::size_t H, std::size_t W>
struct Block
    : Bound<nn::AttentionBlock<1, nn::AttentionBlockOptions{.heads = {.norm = false}, .skip = false, .relu = false}>,
            Shape<1, H, W>> {};
struct SmallWise : Bound<nn::AttentionWise<1>, Shape<1, 3, 3>> {};

/// The same sample again and again: nothing cancels, and roundings of a sum go one way, which is the worst of cases.
template <nn::BoundLayer Layer>
Prepare<Layer> same_samples() {
  return [](LayerRun<Layer, double>& run) {
    const auto fill = [](auto& batch, std::size_t start) {
      using Sh = typename std::remove_reference_t<decltype(batch)>::shape;
      for (std::size_t i = 0; i < batch.size(); ++i) batch.data()[i] = 0.7 + 0.3 * hash_uniform(start + i % Sh::size);
    };
    fill(run.x, 0);
    fill(run.dy, 1000);
    for (std::size_t i = 0; i < run.parameters.size(); ++i) run.parameters[i] = 0.7 + 0.3 * hash_uniform(2000 + i);
  };
}

/// Share: a part of the samples, for devices that are slow.
template <class Device, std::size_t Share = 1>
void gradients_over_samples() {
  const auto check = []<nn::BoundLayer Layer>(const char* name, std::size_t samples, double bound) {
    samples /= Share;
    const auto work = static_cast<double>(samples * (Layer::input_shape::size + Layer::output_shape::size));
    check_row<Layer, Device>({name, 1, samples, 1e-6, bound, 0, work}, samples, same_samples<Layer>());
  };
  check.template operator()<NarrowLinear>("Linear, over samples", 2'000'000, 3e-6);
  check.template operator()<SmallDirect>("Conv2d, direct, over samples", 300'000, 3e-6);
  check.template operator()<SmallStrided>("Conv2d, im2col, over samples", 300'000, 3e-6);
  check.template operator()<SmallWinograd>("Conv2d, Winograd, over samples", 30'000, 1.5e-5);
  check.template operator()<SmallBatchNorm>("BatchNorm2d, over samples", 300'000, 3e-6);
  check.template operator()<SmallLayerNorm>("LayerNorm, over samples", 300'000, 3e-6);
  check.template operator()<SmallPositions>("PositionEmbedding, over samples", 300'000, 3e-6);
  check.template operator()<SmallToken>("ClassToken, over samples", 300'000, 3e-6);
  check.template operator()<SmallHeads>("AttentionHeads, no norm, over samples", 1'000'000, 3e-6);
  check.template operator()<SmallWise>("AttentionWise, over samples", 300'000, 3e-6);
}

template <nn::BoundLayer Layer, class Device>
void check_pixels(const char* name, std::size_t samples, double bound) {
  constexpr std::size_t pixels = Layer::input_shape::extents[1] * Layer::input_shape::extents[2];
  check_row<Layer, Device>({name, 1, pixels, 1e-6, bound}, samples, [](LayerRun<Layer, double>& run) {
    same_samples<Layer>()(run);
    std::ranges::fill(run.dy.span(), 0.7);  // equal numbers, whose sums drift most
  });
}

/// On the Gpu, the attention block gives an image's pixels to one lane of a warp (1,500 × 8, of 128 samples) or to one team.
template <class Device>
void gradients_over_pixels() {
  check_pixels<Block<1500, 8>, Device>("AttentionBlock, over pixels", 128, 5e-6);
  check_pixels<Block<110, 110>, Device>("AttentionBlock, over pixels", 3, 5e-6);
}

}  // namespace odot::test
