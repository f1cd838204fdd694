#pragma once
// SPDX-License-Identifier: MIT
// Losses: how far a network's outputs are from what they should be. Your own: nn/loss_contract.hpp.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/kernels/cross_entropy.hpp"
#include "odot/kernels/nll.hpp"
#include "odot/kernels/regression_loss.hpp"
#include "odot/nn/add_losses.hpp"
#include "odot/nn/loss_contract.hpp"

namespace odot::nn {

/// Mean negative log-likelihood of integer labels under log-probabilities; put nn::LogSoftmax last in the model.
/// Shapes  y [N, K], labels [N]; nats
/// Errors  compile time: a model that does not end in log-probabilities (Layer::log_probabilities)
/// Source  same convention as torch.nn.NLLLoss
struct NegativeLogLikelihood {
  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;  ///< per sample
  static constexpr bool of_log_probabilities = true;

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

/// Mean cross-entropy of integer labels and the softmax of logits: what nn::LogSoftmax and nn::NegativeLogLikelihood are
/// together, in one pass.
/// Shapes  y [N, K], labels [N]; nats
/// Source  same convention as torch.nn.CrossEntropyLoss
struct CrossEntropy {
  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;  ///< per sample

  /// As in nn::NegativeLogLikelihood.
  static void evaluate(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                       LossSums* sums) {
    using Y = decltype(y);
    constexpr bool classes = Y::shape::rank == 1;
    static_assert(classes, "odot::nn::CrossEntropy: output must be rank 1, [classes]");
    if constexpr (classes)
      kernels::CrossEntropy<typename Y::device>::evaluate(workspace, y, labels, static_cast<typename Y::scalar>(scale),
                                                          dy, sums);
  }
};

namespace detail {

/// A loss whose targets are numbers like the output's.
template <kernels::Deviation Deviation>
struct RegressionLoss {
  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;  ///< per sample

  /// Adds the samples' losses to `sums`, none of them correct, and fills dy (if not empty) with the gradient of
  /// scale · Σ loss. Targets and sums are memory of the device.
  template <class Y>
  static void evaluate(auto& workspace, Y y, std::span<const typename Y::scalar> numbers, double scale, auto dy,
                       LossSums* sums) {
    kernels::RegressionLoss<typename Y::device>::evaluate(workspace, Deviation, y, numbers,
                                                          static_cast<typename Y::scalar>(scale), dy, sums);
  }
};

}  // namespace detail

/// Mean squared difference of outputs and targets, over all elements of a batch.
/// Shapes  y [N, …], targets as y, in one span
/// Source  same convention as torch.nn.MSELoss
struct MeanSquaredError : detail::RegressionLoss<kernels::Deviation::squared> {};

/// Mean absolute difference of outputs and targets, over all elements of a batch; its gradient at 0 is 0.
/// Shapes  y [N, …], targets as y, in one span
/// Source  same convention as torch.nn.L1Loss
struct MeanAbsoluteError : detail::RegressionLoss<kernels::Deviation::absolute> {};

}  // namespace odot::nn
