#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: further activations, softmax and norms of rows.

#include <cstddef>
#include <string>

#include "accuracy/elements.hpp"
#include "accuracy/images.hpp"
#include "accuracy/probe.hpp"
#include "odot/nn/elu.hpp"
#include "odot/nn/leaky_relu.hpp"
#include "odot/nn/rms_norm.hpp"
#include "odot/nn/sigmoid.hpp"
#include "odot/nn/silu.hpp"
#include "odot/nn/softmax.hpp"
#include "odot/nn/tanh.hpp"

namespace odot::test {

struct SomeSigmoid : Bound<nn::Sigmoid, Shape<37>> {};
struct SomeTanh : Bound<nn::Tanh, Shape<37>> {};
struct SomeSilu : Bound<nn::SiLU, Shape<37>> {};
struct SomeLeaky : Bound<nn::LeakyReLU<>, Shape<37>> {};
struct SomeElu : Bound<nn::ELU<>, Shape<37>> {};
struct FewProbabilities : Bound<nn::Softmax, Shape<10>> {};
struct ManyProbabilities : Bound<nn::Softmax, Shape<100'000>> {};
// The default eps is the scalar's own epsilon: another layer in double.
inline constexpr nn::RMSNormOptions rms{.eps = 1e-6};
struct TokenRms : Bound<nn::RMSNorm<rms>, Shape<3, 64>> {};
struct WideRms : Bound<nn::RMSNorm<rms>, Shape<100'000>> {};

/// The derivatives of Sigmoid and Tanh are differences from 1: of large inputs 0, or the rounding of 1.
template <class Device>
void activations_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 10.0, 1e3, 1e10, 1e30}) {
    const double terms = size < 1e3 ? 0 : 1;
    check_row<SomeSigmoid, Device>({"Sigmoid", size, 0, 5e-7, 1e-6, terms}, 21, uniform<SomeSigmoid>(size));
    check_row<SomeTanh, Device>({"Tanh", size, 0, 5e-7, 1e-6, terms}, 21, uniform<SomeTanh>(size));
    check_row<SomeSilu, Device>({"SiLU", size, 0, 5e-7, 1e-6}, 21, uniform<SomeSilu>(size));
    check_row<SomeLeaky, Device>({"LeakyReLU", size, 0, 1e-7, 1e-7}, 21, uniform<SomeLeaky>(size));
    check_row<SomeElu, Device>({"ELU", size, 0, 5e-7, 5e-7}, 21, uniform<SomeElu>(size));
  }
}

/// The gradient of a softmax that gives all its weight to one term is a difference of terms as large as dy.
template <class Device>
void probabilities_of_any_size() {
  for (const double size : {1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30}) {
    const double terms = size < 30 ? 0 : 1;
    check_row<FewProbabilities, Device>({"Softmax", size, 10, 1e-6, 2e-6, terms}, 21, uniform<FewProbabilities>(size));
    check_row<ManyProbabilities, Device>({"Softmax", size, 100'000, 1e-6, 5e-6, terms}, 2,
                                         uniform<ManyProbabilities>(size));
  }
}

template <class Device>
void root_mean_squares_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15}) {
    check_row<TokenRms, Device>({"RMSNorm", size, 64, 1e-6, 1e-5}, 21, uniform<TokenRms>(size));
    check_row<WideRms, Device>({"RMSNorm", size, 100'000, 1e-6, 1e-5}, 2, uniform<WideRms>(size));
  }
}

}  // namespace odot::test
