#pragma once
// SPDX-License-Identifier: MIT
// Losses: what a network's output is held against.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/kernels/nll/nll.hpp"

namespace odot::nn {

using kernels::LossSums;

/// What a loss holds an output of `Scalar` against: a class's number, or numbers like the output's. (Not an alias: nvcc
/// can't convert arguments to a span of one.)
template <class Loss, class Scalar>
struct TargetOf {
  using type = typename Loss::template target<Scalar>;
};

/// Mean negative log-likelihood of integer labels under log-probabilities; put nn::LogSoftmax last in the model.
/// Shapes  y [N, K], labels [N]; nats
/// Source  same convention as torch.nn.NLLLoss
struct NegativeLogLikelihood {
  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;  ///< a sample

  /// Adds the samples' losses and hits to `sums`, and fills dy (if not empty) with the gradient of scale · Σ loss.
  /// Labels and sums are memory of the device.
  static void evaluate(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                       LossSums* sums) {
    using Y = decltype(y);
    constexpr bool classes = Y::shape::rank == 1;
    static_assert(classes, "odot::nn::NegativeLogLikelihood: output must be rank 1, [classes]");
    if constexpr (classes)
      kernels::NegativeLogLikelihood<typename Y::device>::evaluate(workspace, y, labels,
                                                                   static_cast<typename Y::scalar>(scale), dy, sums);
  }
};

}  // namespace odot::nn
