#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: activations, norms and softmaxes over the numbers of one sample or token.

#include <cmath>
#include <cstddef>

#include "accuracy/probe.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/layer_norm.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/pool_tokens.hpp"

namespace odot::test {

struct SomeGelu : Bound<nn::GELU, Shape<37>> {};
struct TokenNorm : Bound<nn::LayerNorm<>, Shape<3, 64>> {};
struct WideNorm : Bound<nn::LayerNorm<>, Shape<100'000>> {};
struct FewClasses : Bound<nn::LogSoftmax, Shape<10>> {};
struct ManyClasses : Bound<nn::LogSoftmax, Shape<100'000>> {};

template <class Device>
void rows_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 10.0, 1e3, 1e10, 1e30})
    check_row<SomeGelu, Device>({"GELU", size, 0, 1e-6, 1e-6}, 21, uniform<SomeGelu>(size));
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15}) {
    check_row<TokenNorm, Device>({"LayerNorm", size, 64, 1e-6, 1e-5}, 21, uniform<TokenNorm>(size));
    check_row<WideNorm, Device>({"LayerNorm", size, 100'000, 1e-6, 1e-5}, 2, uniform<WideNorm>(size));
  }
  for (const double size : {1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30}) {
    check_row<FewClasses, Device>({"LogSoftmax", size, 10, 1e-6, 2e-6}, 21, uniform<FewClasses>(size));
    check_row<ManyClasses, Device>({"LogSoftmax", size, 100'000, 1e-6, 5e-6}, 2, uniform<ManyClasses>(size));
  }
}

/// A mean of numbers that lie around 0.9, whose sum has no cancellation.
template <std::size_t L, class Device>
void mean_of_tokens() {
  struct Layer : Bound<nn::MeanTokens, Shape<L, 1>> {};
  check_row<Layer, Device>({"MeanTokens", 1, L, 5e-7, 5e-7, 0, static_cast<double>(L)}, 1,
                           [](LayerRun<Layer, double>& run) {
                             for (std::size_t t = 0; t < L; ++t) run.x.data()[t] = 0.9 + 0.1 * hash_uniform(t);
                             run.dy.data()[0] = 0.7;
                           });
}

}  // namespace odot::test
