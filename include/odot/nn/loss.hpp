#pragma once
// SPDX-License-Identifier: MIT
// Losses: how far a network's outputs are from what they should be. Your own: nn/loss_contract.hpp.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/kernels/binary_cross_entropy.hpp"
#include "odot/kernels/cross_entropy.hpp"
#include "odot/kernels/nll.hpp"
#include "odot/kernels/pixel_cross_entropy.hpp"
#include "odot/kernels/regression_loss.hpp"
#include "odot/nn/add_losses.hpp"
#include "odot/nn/class_weights.hpp"
#include "odot/nn/loss_contract.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

namespace detail {

/// The number of an output's labels: one; for [tokens, classes] one per token; for [classes, height, width] one per pixel.
template <ShapeType Output>
inline constexpr std::size_t labels_of = is_sequence<Output> ? tokens<Output> : 1;
template <ShapeType Output>
  requires(Output::rank == 3)
inline constexpr std::size_t labels_of<Output> = Output::extents[1] * Output::extents[2];

[[noreturn]] ODOT_COLD inline void refuse_smoothing(double found) {
  throw ArgumentError("odot::nn: label_smoothing: expected a number from 0 to 1, found " +
                      number_text::shortest(found));
}

/// A loss's name and options as facts; those that it has not are omitted.
ODOT_COLD inline Snapshot loss_facts(const char* name, const ClassWeights& weights,
                                     std::optional<std::int32_t> ignored = {}, std::optional<double> smoothing = {}) {
  Snapshot facts;
  facts.set_fact("name", std::string(name));
  if (!weights.empty()) facts.set_fact("class_weights", weights.text());
  if (ignored) facts.set_fact("ignore_index", *ignored);
  if (smoothing) facts.set_fact("label_smoothing", *smoothing);
  return facts;
}

/// A loss's options for its kernel. Throws ArgumentError for a smoothing out of range, or not a weight for each class.
template <class S, class Device>
kernels::LabelOptions<S> label_options(const char* loss, std::size_t classes, const ClassWeights& weights,
                                       double smoothing, std::optional<std::int32_t> ignored = {}) {
  if (!(smoothing >= 0 && smoothing <= 1)) refuse_smoothing(smoothing);
  return {.weights = weights.template on_device<S, Device>(loss, classes).data(),
          .smoothing = static_cast<S>(smoothing),
          .ignores = ignored.has_value(),
          .ignored = ignored.value_or(0)};
}

}  // namespace detail

/// Mean negative log-likelihood of integer labels under log-probabilities; put nn::LogSoftmax last in the model. With
/// class weights, the mean is weighted by the labels' weights; samples whose label is ignored do not count.
///     fit(network, adam, nn::NegativeLogLikelihood{.class_weights = {1, 1, 4}}, train, test, options);
/// Shapes  y [N, K], labels [N]; nats
/// Errors  compile time: a model that does not end in log-probabilities (Layer::log_probabilities)
///         ArgumentError: not one weight per class
/// Source  same convention as torch.nn.NLLLoss; but a batch in which no sample counts has gradient 0, not NaN
struct NegativeLogLikelihood {
  ClassWeights class_weights = {};                ///< one per class; none: all are 1
  std::optional<std::int32_t> ignore_index = {};  ///< the label of samples that do not count

  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;  ///< per sample
  static constexpr bool of_log_probabilities = true;

  bool weighted() const { return !class_weights.empty() || ignore_index; }
  bool ignores(std::int32_t label) const { return label == ignore_index; }
  ODOT_COLD Snapshot describe() const {
    return detail::loss_facts("NegativeLogLikelihood", class_weights, ignore_index);
  }

  /// Adds the samples' losses and hits to `sums`, and fills dy (if not empty) with the gradient of scale · Σ loss.
  /// Labels and sums are memory of the device.
  void evaluate(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                LossSums* sums) const {
    using Y = decltype(y);
    using S = typename Y::scalar;
    constexpr bool classes = Y::shape::rank == 1;
    static_assert(classes, "odot::nn::NegativeLogLikelihood: output must be rank 1, [classes]");
    if constexpr (classes) {
      using Kernel = kernels::NegativeLogLikelihood<typename Y::device>;
      if (!weighted()) return Kernel::evaluate(workspace, y, labels, static_cast<S>(scale), dy, sums);
      const auto options = detail::label_options<S, typename Y::device>("NegativeLogLikelihood", Y::shape::size,
                                                                        class_weights, 0, ignore_index);
      Kernel::evaluate(workspace, y, labels, options, static_cast<S>(scale), dy, sums);
    }
  }
};

/// Mean cross-entropy of integer labels and the softmax of logits: nn::LogSoftmax and nn::NegativeLogLikelihood in one
/// pass. For log-probabilities it is the same, since their softmax is the probabilities. With class weights, the mean
/// is weighted by the labels' weights; samples whose label is ignored do not count.
///     fit(network, adam, nn::CrossEntropy{.label_smoothing = 0.1}, train, test, options);
/// If each token of a sequence has a label, for instance the next token, every token counts as a sample: in the mean,
/// in the accuracy, and for ignored labels. So does every pixel of a picture, whose logits are planes, one per class.
/// Shapes  y [N, K], labels [N], or y [N, L, K], labels [N, L], or y [N, K, H, W], labels [N, H, W]; nats
/// Errors  ArgumentError: a smoothing outside 0 to 1; not one weight per class
/// Source  same convention as torch.nn.CrossEntropyLoss; but a batch in which no sample counts has gradient 0, not NaN
struct CrossEntropy {
  double label_smoothing = 0;                     ///< share of the probability that is spread evenly over all classes
  ClassWeights class_weights = {};                ///< one per class; none: all are 1
  std::optional<std::int32_t> ignore_index = {};  ///< the label of samples that do not count

  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = detail::labels_of<Output>;  ///< per sample

  bool weighted() const { return !class_weights.empty() || ignore_index; }
  bool ignores(std::int32_t label) const { return label == ignore_index; }
  ODOT_COLD Snapshot describe() const {
    return detail::loss_facts("CrossEntropy", class_weights, ignore_index, label_smoothing);
  }

  /// As in nn::NegativeLogLikelihood; `sums` count tokens, and scale · Σ loss is over samples: the means of their
  /// tokens.
  void evaluate(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                LossSums* sums) const {
    using Out = typename decltype(y)::shape;
    constexpr bool classes = Out::rank >= 1 && Out::rank <= 3;
    static_assert(classes,
                  "odot::nn::CrossEntropy: output must be rank 1, [classes], rank 2, [tokens, classes], or rank 3, "
                  "[classes, height, width]");
    if constexpr (classes) {
      // With weights, the network takes the mean later; a token's weight is not divided by L.
      const double each = weighted() ? scale : scale / static_cast<double>(detail::labels_of<Out>);
      if constexpr (Out::rank == 3) evaluate_pixels(workspace, y, labels, each, dy, sums);
      else evaluate_rows(workspace, detail::as_tokens(y), labels, each, detail::as_tokens(dy), sums);
    }
  }

 private:
  void evaluate_pixels(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                       LossSums* sums) const {
    using Y = decltype(y);
    using S = typename Y::scalar;
    const auto options = detail::label_options<S, typename Y::device>("CrossEntropy", Y::shape::extents[0],
                                                                      class_weights, label_smoothing, ignore_index);
    kernels::PixelCrossEntropy<typename Y::device>::evaluate(workspace, y, labels, options, static_cast<S>(scale), dy,
                                                             sums);
  }
  void evaluate_rows(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                     LossSums* sums) const {
    using Y = decltype(y);
    using S = typename Y::scalar;
    using Kernel = kernels::CrossEntropy<typename Y::device>;
    if (!weighted() && label_smoothing == 0)
      return Kernel::evaluate(workspace, y, labels, static_cast<S>(scale), dy, sums);
    const auto options = detail::label_options<S, typename Y::device>("CrossEntropy", Y::shape::size, class_weights,
                                                                      label_smoothing, ignore_index);
    Kernel::evaluate(workspace, y, labels, options, static_cast<S>(scale), dy, sums);
  }
};

/// Mean cross-entropy of probabilities as targets, such as those of mixed samples, and the softmax of logits or of
/// log-probabilities. A sample counts as correct if its largest output is that of its largest probability. For sets
/// whose targets are labels, such as fit's second set, it is nn::CrossEntropy.
/// Shapes  y, probabilities [N, K]; nats
/// Errors  as nn::CrossEntropy
/// Source  same convention as torch.nn.CrossEntropyLoss with probabilities: weights are factors, the mean is over
///         samples
struct SoftCrossEntropy {
  double label_smoothing = 0;       ///< share of the probability that is spread evenly over all classes
  ClassWeights class_weights = {};  ///< one per class; none: all are 1

  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;  ///< per sample
  static constexpr bool counts_hits = true;

  ODOT_COLD Snapshot describe() const {
    return detail::loss_facts("SoftCrossEntropy", class_weights, {}, label_smoothing);
  }

  /// The loss where the targets are labels.
  CrossEntropy of_labels() const { return {.label_smoothing = label_smoothing, .class_weights = class_weights}; }

  /// As in nn::NegativeLogLikelihood.
  template <class Y>
  void evaluate(auto& workspace, Y y, std::span<const typename Y::scalar> probabilities, double scale, auto dy,
                LossSums* sums) const {
    using S = typename Y::scalar;
    constexpr bool classes = Y::shape::rank == 1;
    static_assert(classes, "odot::nn::SoftCrossEntropy: output must be rank 1, [classes]");
    if constexpr (classes) {
      const auto options = detail::label_options<S, typename Y::device>("SoftCrossEntropy", Y::shape::size,
                                                                        class_weights, label_smoothing);
      kernels::CrossEntropy<typename Y::device>::evaluate_probabilities(workspace, y, probabilities, options,
                                                                        static_cast<S>(scale), dy, sums);
    }
  }
};

/// Mean binary cross-entropy over all elements of a batch; an element's logit stands for the probability
/// 1/(1 + exp(−y)).
/// Shapes  y [N, …], targets as y, in one span, from 0 to 1; nats
/// Errors  ArgumentError: neither one pos_weight nor one for each element of a sample
/// Source  same convention as torch.nn.BCEWithLogitsLoss
struct BinaryCrossEntropy {
  ClassWeights pos_weight = {};  ///< factor on the losses of positive targets: none, one, or one for each element

  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;  ///< per sample

  ODOT_COLD Snapshot describe() const {
    Snapshot facts = detail::loss_facts("BinaryCrossEntropy", {});
    if (!pos_weight.empty()) facts.set_fact("pos_weight", pos_weight.text());
    return facts;
  }

  /// As in nn::MeanSquaredError.
  template <class Y>
  void evaluate(auto& workspace, Y y, std::span<const typename Y::scalar> numbers, double scale, auto dy,
                LossSums* sums) const {
    using S = typename Y::scalar;
    const std::size_t weights = pos_weight.values().size() == 1 ? 1 : Y::shape::size;
    kernels::BinaryCrossEntropy<typename Y::device>::evaluate(
        workspace, y, numbers, pos_weight.template on_device<S, typename Y::device>("BinaryCrossEntropy", weights),
        static_cast<S>(scale), dy, sums);
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

  ODOT_COLD static Snapshot describe() {
    return loss_facts(Deviation == kernels::Deviation::squared ? "MeanSquaredError" : "MeanAbsoluteError", {});
  }

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

/// Huber's loss: half the squared difference of output and target up to delta, and a line beyond, so that the gradient
/// of outliers does not grow; the mean over all elements of a batch.
/// Shapes  y [N, …], targets as y, in one span
/// Errors  ArgumentError: a delta that is not positive
/// Source  same convention as torch.nn.HuberLoss
struct Huber {
  double delta = 1;

  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;  ///< per sample

  ODOT_COLD Snapshot describe() const {
    Snapshot facts = detail::loss_facts("Huber", {});
    facts.set_fact("delta", delta);
    return facts;
  }

  /// As in nn::MeanSquaredError.
  template <class Y>
  void evaluate(auto& workspace, Y y, std::span<const typename Y::scalar> numbers, double scale, auto dy,
                LossSums* sums) const {
    if (!(delta > 0 && delta <= (std::numeric_limits<double>::max)()))
      throw ArgumentError("odot::nn::Huber: delta: expected a positive number, found " + number_text::shortest(delta));
    kernels::RegressionLoss<typename Y::device>::evaluate(workspace, kernels::Deviation::huber, y, numbers,
                                                          static_cast<typename Y::scalar>(scale), dy, sums, delta);
  }
};

}  // namespace odot::nn
