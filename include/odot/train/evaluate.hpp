#pragma once
// SPDX-License-Identifier: MIT
// evaluate: a network's loss and accuracy on a dataset.

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "odot/core/buffer.hpp"
#include "odot/core/tensor.hpp"
#include "odot/data/loader.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pieces.hpp"

namespace odot {

namespace detail {

/// Whether a network can be evaluated by a loss on sets of these types; a static_assert says what does not fit.
template <class Loss, class Network, class... Sets>
constexpr bool sets_fit() {
  using Scalar = typename Network::scalar;
  using Device = typename Network::device;
  constexpr bool loadable = (data::Loadable<Sets, Scalar, Device> && ...);
  static_assert(loadable,
                "odot::fit, odot::evaluate: a set must be a data::Dataset, or your own with a specialisation of "
                "data::Loader, as odot/data/loader.hpp says");
  if constexpr (loadable) {
    constexpr bool samples =
        (std::is_same_v<typename data::Loader<Sets, Scalar, Device>::shape, typename Network::input_shape> && ...);
    static_assert(samples, "odot::fit, odot::evaluate: the sets' samples must have the network's input shape");
    using Number = nn::InputNumber<typename Network::model, Scalar>;
    constexpr bool numbers = (std::is_same_v<data::SampleNumber<Sets, Scalar, Device>, Number> && ...);
    static_assert(numbers,
                  "odot::fit, odot::evaluate: the sets' samples must be bytes or floating-point numbers; or indices, "
                  "std::int32_t, for a model that begins with nn::Embedding");
    if constexpr (samples && numbers && nn::Loss<Loss>) {
      constexpr bool targets =
          ((std::is_same_v<typename data::Loader<Sets, Scalar, Device>::target,
                           typename nn::TargetOf<Loss, Scalar>::type> &&
            data::Loader<Sets, Scalar, Device>::targets == Loss::template targets<typename Network::output_shape>) &&
           ...);
      static_assert(
          targets,
          "odot::fit, odot::evaluate: the sets' targets must be what the loss compares the outputs with: a label "
          "for nn::NegativeLogLikelihood (the default) and nn::CrossEntropy, or for the latter one per token or pixel "
          "(data::TokenLabels, data::PixelLabels); as many numbers as outputs for "
          "nn::MeanSquaredError and nn::MeanAbsoluteError");
      if constexpr (targets) return nn::detail::loss_fits<Loss, typename Network::model, Scalar, Device>();
    } else if constexpr (samples && numbers) {
      return nn::detail::loss_fits<Loss, typename Network::model, Scalar, Device>();
    }
  }
  return false;
}

/// The loss with which a set is evaluated: the loss itself, or its form for labels if it has one and the set has
/// labels.
template <class Set, class Scalar, class Device, class Loss>
decltype(auto) loss_for(const Loss& loss) {
  if constexpr (requires {
                  loss.of_labels();
                  typename data::Loader<Set, Scalar, Device>::target;
                }) {
    if constexpr (std::is_same_v<typename data::Loader<Set, Scalar, Device>::target, std::int32_t>)
      return loss.of_labels();
    else return (loss);
  } else {
    return (loss);
  }
}
template <class Loss, class Set, class Scalar, class Device>
using LossFor = std::remove_cvref_t<decltype(loss_for<Set, Scalar, Device>(std::declval<const Loss&>()))>;

/// Loss and correct predictions on a loader's batches.
template <class Loss, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace, const Loss& loss,
                      data::Loader<Set, Scalar, Device>& loader) {
  using Out = typename Model::output_shape;
  const WorkspaceScope<Device> scope(workspace);
  Batch<Out, Scalar, Device> y(loader.size(0));
  Buffer<nn::LossSums, Device> sums(1);
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    y.resize(batch.x.samples());
    network.predict(batch.x, y, workspace, batch.lengths);
    const BatchView<Out, const Scalar, Device> outputs = y.view();
    loss.evaluate(workspace, outputs, batch.targets, 1.0, BatchView<Out, Scalar, Device>(), sums.data());
  }
  nn::LossSums result = sums.to_host().front();
  result.labelled = nn::has_accuracy<Loss, Scalar>;
  result.weighted = nn::detail::is_weighted(loss);
  return result;
}

}  // namespace detail

/// Loss and correct predictions of a network on a loader's batches, in evaluation.
/// Errors  compile time: samples or targets that do not fit network and loss; a loss that does not fit the outputs
template <class Loss, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace, const Loss& loss,
                      data::Loader<Set, Scalar, Device>& loader) {
  using Used = detail::LossFor<Loss, Set, Scalar, Device>;
  if constexpr (detail::sets_fit<Used, Network<Model, Device, Scalar>, Set>())
    return detail::evaluate(network, workspace, detail::loss_for<Set, Scalar, Device>(loss), loader);
  else return {};
}

/// The same for a set, its samples in order.
/// Errors  also ArgumentError: an empty set; a label that the network has no output for
template <class Loss, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace, const Loss& loss,
                      const Set& set) {
  using Used = detail::LossFor<Loss, Set, Scalar, Device>;
  if constexpr (detail::sets_fit<Used, Network<Model, Device, Scalar>, Set>()) {
    data::Loader<Set, Scalar, Device> loader(set, nn::Pieces<Device>::evaluated(set.size()));
    return detail::evaluate(network, workspace, detail::loss_for<Set, Scalar, Device>(loss), loader);
  } else {
    return {};
  }
}

/// Both with a loss that carries no numbers, by default the negative log-likelihood of log-probabilities.
///     evaluate<nn::CrossEntropy>(network, network.workspace(), test)
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                      data::Loader<Set, Scalar, Device>& loader) {
  return evaluate(network, workspace, Loss{}, loader);
}
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace, const Set& set) {
  return evaluate(network, workspace, Loss{}, set);
}

}  // namespace odot
