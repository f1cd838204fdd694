#pragma once
// SPDX-License-Identifier: MIT
// evaluate: a network's loss and accuracy on a dataset.

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

#include "odot/core/buffer.hpp"
#include "odot/core/tensor.hpp"
#include "odot/data/loader.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network.hpp"

namespace odot {

namespace detail {

/// Whether a loader's targets are what a loss holds the model's outputs against.
template <class Loss, class Model, class Scalar, class Loader>
inline constexpr bool targets_fit =
    std::is_same_v<typename Loader::target, typename nn::TargetOf<Loss, Scalar>::type> &&
    Loader::targets == Loss::template targets<typename Model::output_shape>;

}  // namespace detail

/// Loss and hits of a network in evaluation on a loader's batches.
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                      data::Loader<Set, Scalar, Device>& loader) {
  static_assert(detail::targets_fit<Loss, Model, Scalar, data::Loader<Set, Scalar, Device>>,
                "odot::evaluate: the set's targets must be what the loss holds the network's outputs against");
  using Out = typename Model::output_shape;
  Batch<Out, Scalar, Device> y(loader.size(0));
  Buffer<nn::LossSums, Device> sums(1);
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    y.resize(batch.x.samples());
    network.predict(batch.x, y, workspace, batch.lengths);
    const BatchView<Out, const Scalar, Device> outputs = y.view();
    Loss::evaluate(workspace, outputs, batch.targets, 1.0, BatchView<Out, Scalar, Device>(), sums.data());
  }
  return sums.to_host().front();
}

/// The same for a set of samples in order.
/// Errors  compile time: samples of another shape than the network's input
///         ArgumentError: an empty set; a label that the network has no output for
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar, class Set>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace, const Set& set) {
  static_assert(std::is_same_v<typename Set::shape, typename Model::input_shape>,
                "odot::evaluate: the samples must have the network's input shape");
  data::Loader<Set, Scalar, Device> loader(set, std::min<std::size_t>(set.size(), 4 * Device::piece_samples));
  return evaluate<Loss>(network, workspace, loader);
}

}  // namespace odot
