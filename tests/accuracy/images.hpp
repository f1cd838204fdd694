#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: the layers of images.

#include <cmath>
#include <cstddef>

#include "accuracy/probe.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/linear.hpp"

namespace odot::test {

/// Inputs so small that their squares are 0 in float, and so large that their squares are infinite.
inline constexpr double any_size[] = {1e-30, 1e-10, 1e-3, 1, 1e3, 1e10, 1e30};

struct WideLinear : Bound<nn::Linear<64>, Shape<512>> {};
struct DirectConvolution : Bound<nn::Conv2d<8, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<3, 14, 11>> {};
struct WinogradConvolution
    : Bound<nn::Conv2d<16, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<16, 13, 12>> {};
struct StridedConvolution : Bound<nn::Conv2d<8, nn::Conv2dOptions{.kernel_size = 3, .stride = 3}>, Shape<5, 14, 11>> {};
struct ImageNorm : Bound<nn::BatchNorm2d<>, Shape<3, 7, 5>> {};
struct Heads : Bound<nn::AttentionHeads<3, nn::AttentionHeadsOptions{.norm = false}>, Shape<2, 7, 5>> {};
struct NormedHeads : Bound<nn::AttentionHeads<3>, Shape<2, 7, 5>> {};
struct BiasedHeads
    : Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.norm = false, .bias = true}>, Shape<2, 7, 5>> {};
struct Wise : Bound<nn::AttentionWise<3>, Shape<2, 7, 5>> {};

template <class Device>
void products_of_any_size() {
  for (const double size : any_size) {
    check_row<WideLinear, Device>({"Linear, 512 → 64", size, 512, 1e-6, 1e-6}, 33, uniform<WideLinear>(size));
    check_row<DirectConvolution, Device>({"Conv2d, direct", size, 27, 1e-6, 1e-5}, 33,
                                         uniform<DirectConvolution>(size));
    check_row<StridedConvolution, Device>({"Conv2d, im2col", size, 45, 1e-6, 1e-5}, 33,
                                          uniform<StridedConvolution>(size));
    check_row<WinogradConvolution, Device>({"Conv2d, Winograd", size, 144, 5e-5, 5e-5}, 33,
                                           uniform<WinogradConvolution>(size));
  }
}

template <class Device>
void norms_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10})
    check_row<ImageNorm, Device>({"BatchNorm2d", size, 35 * 33, 1e-6, 1e-5}, 33, uniform<ImageNorm>(size));
}

/// The convolution's bias above 0, so that its ReLU lets most of it pass.
inline Prepare<Wise> positive_bias(double size) {
  return [=](LayerRun<Wise, double>& run) {
    uniform<Wise>(size)(run);
    for (double& bias : run.parameter("conv.bias")) bias = std::abs(bias);
  };
}

/// The gradients of the arrays are differences of terms as large as x².
inline double terms_of_maps(double size) { return size < 1e3 ? 0 : size * size; }

template <class Device>
void attention_maps_of_any_size() {
  for (const double size : any_size) {
    const double terms = terms_of_maps(size);
    check_row<Heads, Device>({"AttentionHeads, no norm", size, 35, 5e-6, 1e-5, terms}, 33, uniform<Heads>(size));
    check_row<BiasedHeads, Device>({"AttentionHeads, bias, no norm", size, 35, 5e-6, 1e-5, terms}, 33,
                                   uniform<BiasedHeads>(size));
  }
  // The norm divides what A differs by from its mean, 1/35: next to nothing for small inputs.
  check_row<NormedHeads, Device>({"AttentionHeads", 1e-3, 35, 2e-3, 1e-3}, 33, uniform<NormedHeads>(1e-3));
  check_row<Wise, Device>({"AttentionWise", 1e-3, 35, 2e-3, 1e-3}, 33, positive_bias(1e-3));
  for (const double size : {1.0, 1e3, 1e10}) {
    const double terms = terms_of_maps(size);
    check_row<NormedHeads, Device>({"AttentionHeads", size, 35, 5e-6, 1e-5, terms}, 33, uniform<NormedHeads>(size));
    check_row<Wise, Device>({"AttentionWise", size, 35, 2e-6, 1e-5, terms}, 33, positive_bias(size));
  }
}

}  // namespace odot::test
