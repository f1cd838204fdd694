#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: products, norms and softmaxes by the number of terms of their sums.

#include <cmath>
#include <cstddef>

#include "accuracy/images.hpp"
#include "accuracy/probe.hpp"
#include "accuracy/rows.hpp"

namespace odot::test {

/// All numbers from 0 to 1, so that no sum cancels.
template <nn::BoundLayer Layer>
Prepare<Layer> of_one_sign() {
  return [](LayerRun<Layer, double>& run) {
    uniform<Layer>(1, 1)(run);
    for (double& x : run.x.span()) x = std::abs(x);
    for (double& dy : run.dy.span()) dy = std::abs(dy);
    for (double& parameter : run.parameters) parameter = std::abs(parameter);
  };
}

/// Over K features.
template <std::size_t K, class Device>
void long_rows() {
  struct Product : Bound<nn::Linear<2>, Shape<K>> {};
  struct Norm : Bound<nn::LayerNorm<>, Shape<K>> {};
  struct Classes : Bound<nn::LogSoftmax, Shape<K>> {};
  constexpr double work = K < 1'000'000 ? 0 : 50.0 * K;
  check_row<Product, Device>({"Linear, of one sign", 1, K, 1e-6, 1e-6, 0, work}, 3, of_one_sign<Product>());
  if constexpr (K > 100'000) {
    check_row<Norm, Device>({"LayerNorm", 1, K, 1e-6, 1e-5, 0, work}, 2, uniform<Norm>(1));
    check_row<Classes, Device>({"LogSoftmax", 1, K, 1e-6, 5e-6, 0, work}, 2, uniform<Classes>(1));
  }
}

/// Over the samples.
template <class Device>
void norms_of_many_samples(std::size_t most) {
  struct Norm : Bound<nn::BatchNorm2d<>, Shape<2, 1, 1>> {};
  for (std::size_t samples = 10'000; samples <= most; samples *= 10)
    check_row<Norm, Device>({"BatchNorm2d", 1, samples, 1e-6, 1e-5, 0, 50 * static_cast<double>(samples)}, samples,
                            uniform<Norm>(1));
}

/// The sums of the weights' gradients: over samples and pixels.
template <class Device>
void convolutions_of_many_pixels() {
  struct Direct : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<1, 100, 300>> {};
  struct Strided : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .stride = 3}>, Shape<1, 150, 300>> {};
  struct Winograd : Bound<nn::Conv2d<16, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<16, 40, 40>> {};
  constexpr double work = 1.5e7;  // an emulator takes a while
  check_row<Direct, Device>({"Conv2d, direct, of one sign", 1, 20 * 30'000, 1e-6, 1e-5, 0, work}, 20,
                            of_one_sign<Direct>());
  check_row<Strided, Device>({"Conv2d, im2col, of one sign", 1, 20 * 5'000, 1e-6, 1e-5, 0, work}, 20,
                             of_one_sign<Strided>());
  check_row<Winograd, Device>({"Conv2d, Winograd, of one sign", 1, 20 * 1'600, 5e-5, 5e-5, 0, 6 * work}, 20,
                              of_one_sign<Winograd>());
}

/// Softmaxes over one long row, and over one long column.
template <std::size_t L, class Device>
void long_maps() {
  struct OneRow : Bound<nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>, Shape<1, 1, L>> {};
  struct OneColumn : Bound<nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>, Shape<1, L, 1>> {};
  check_row<OneRow, Device>({"AttentionHeads, no norm, one row", 1, L, 5e-6, 1e-5}, 3, uniform<OneRow>(1));
  check_row<OneColumn, Device>({"AttentionHeads, no norm, one column", 1, L, 5e-6, 1e-5}, 3, uniform<OneColumn>(1));
}

}  // namespace odot::test
