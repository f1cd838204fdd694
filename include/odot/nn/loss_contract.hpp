#pragma once
// SPDX-License-Identifier: MIT
// What a loss is: the contract for odot's losses and for yours, as concepts.
//
// A loss is an object. It may carry numbers of its own, such as the ε of label smoothing. It says what outputs are
// compared with, and evaluates them:
//
//     struct Huber {
//       double delta = 1;
//       template <class Scalar>
//       using target = Scalar;                              a number like the output's, or std::int32_t: a label
//       template <ShapeType Output>
//       static constexpr std::size_t targets = Output::size;                                            per sample
//       void evaluate(auto& workspace, auto y, auto targets, double scale, auto dy, LossSums* sums) const;
//     };
//
//   y        BatchView<Output, const Scalar, Device>
//   targets  std::span<const target<Scalar>>, those of y's samples one after the other
//   dy       BatchView<Output, Scalar, Device>, overwritten with the gradient of scale · Σ loss; empty (tests false)
//            in an evaluation. scale is 1/N, N the samples of the whole batch, which may come in several calls.
//   sums     evaluate adds to it: the samples' losses, hits (if targets are labels) and number
// All of them lie in the device's memory. A loss may also have
//
//     static constexpr bool of_log_probabilities = true;   it takes log-probabilities
//     static constexpr bool counts_hits = true;            sums->correct counts hits, though the targets are no labels
//     bool weighted() const;                               whether samples have weights, by which the mean is taken: then
//                                                          evaluate adds them up in sums->weight, and the network divides
//                                                          the gradient by them instead of N
//     bool ignores(std::int32_t label) const;              whether samples of a label that has no output do not count
//     Snapshot describe() const;                           name and options as facts (nn/snapshot.hpp), which a training
//                                                          that is resumed must have too
//     auto of_labels() const;                              of a loss whose targets are numbers: the loss for a set of labels

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "odot/core/device.hpp"
#include "odot/core/shape.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::nn {

using kernels::LossSums;

/// A type that declares a loss. Whether it can be evaluated is checked where the outputs are known.
template <class L>
concept Loss = requires {
  typename L::template target<float>;
  { L::template targets<Shape<1>> } -> std::convertible_to<std::size_t>;
};

/// What a loss compares an output of `Scalar` with: a class's number, or numbers like the output's. (Not an alias: nvcc
/// can't convert arguments to a span of one.)
template <class L, class Scalar>
struct TargetOf {
  using type = std::int32_t;  // not a loss: the function that takes it reports that
};
template <Loss L, class Scalar>
struct TargetOf<L, Scalar> {
  using type = typename L::template target<Scalar>;
};

/// Whether a loss compares outputs with labels, so that there is an accuracy.
template <class L, class Scalar>
inline constexpr bool labelled = std::is_same_v<typename TargetOf<L, Scalar>::type, std::int32_t>;

/// Whether there is an accuracy.
template <class L, class Scalar>
inline constexpr bool has_accuracy = labelled<L, Scalar>;
template <class L, class Scalar>
  requires requires { L::counts_hits; }
inline constexpr bool has_accuracy<L, Scalar> = L::counts_hits;

/// A loss that can be evaluated on outputs of this shape, scalar and device.
template <class L, class Output, class Scalar, class Device>
concept LossOf =
    Loss<L> &&
    requires(const L& loss, Workspace<Device>& workspace, BatchView<Output, const Scalar, Device> y,
             std::span<const typename TargetOf<L, Scalar>::type> targets, BatchView<Output, Scalar, Device> dy,
             LossSums* sums) { loss.evaluate(workspace, y, targets, 1.0, dy, sums); };

namespace detail {

/// Whether a loss takes log-probabilities.
template <class L>
inline constexpr bool of_log_probabilities = false;
template <class L>
  requires requires { L::of_log_probabilities; }
inline constexpr bool of_log_probabilities<L> = L::of_log_probabilities;

/// Whether a loss has weights for its samples now.
template <class L>
bool is_weighted(const L& loss) {
  if constexpr (requires { loss.weighted(); }) return loss.weighted();
  else return false;
}

/// Whether a label may be one for which the network has no output.
template <class L>
bool ignores(const L& loss, std::int32_t label) {
  if constexpr (requires { loss.ignores(label); }) return loss.ignores(label);
  else return false;
}

/// Whether a loss fits a model; a static_assert says what does not fit.
template <class L, class Model, class Scalar, class Device>
constexpr bool loss_fits() {
  static_assert(Loss<L>,
                "odot: a loss must have the members target, targets and evaluate, as odot/nn/loss_contract.hpp says");
  if constexpr (Loss<L>) {
    constexpr bool log_probabilities = Model::log_probabilities || !of_log_probabilities<L>;
    static_assert(
        log_probabilities,
        "odot: the loss (by default nn::NegativeLogLikelihood) takes log-probabilities, which the model does not "
        "end in; put nn::LogSoftmax last, or take nn::CrossEntropy, which takes logits, or say log_probabilities = "
        "true in "
        "your own last layer");
    constexpr bool evaluates = LossOf<L, typename Model::output_shape, Scalar, Device>;
    static_assert(
        evaluates,
        "odot: the loss's evaluate must be a const or static member that takes (workspace, y, targets, scale, dy, "
        "sums), as odot/nn/loss_contract.hpp says");
    return log_probabilities && evaluates;
  }
  return false;
}

}  // namespace detail

}  // namespace odot::nn
