#pragma once
// SPDX-License-Identifier: MIT
// evaluate: a network's loss and accuracy on a dataset.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/data/batches.hpp"
#include "odot/data/dataset.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network.hpp"

namespace odot {

/// Loss and hits of a network in evaluation, the dataset in order.
/// Errors  ArgumentError: an empty dataset; a label that the network has no output for
template <class Loss = nn::NegativeLogLikelihood, class Model, class Device, class Scalar>
nn::LossSums evaluate(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                      const data::Dataset<typename Model::input_shape>& dataset) {
  using Out = typename Model::output_shape;
  const data::Batches<typename Model::input_shape> batches(dataset, std::min<std::size_t>(dataset.size(), 1024));
  Batch<typename Model::input_shape, Scalar> x;
  Batch<Out, Scalar> y;
  std::vector<std::int32_t> labels;
  nn::LossSums sums;
  for (std::size_t b = 0; b < batches.count(); ++b) {
    batches.load(b, x, labels, workspace.threads());
    y.resize(x.samples());
    network.predict(x, y, workspace);
    const BatchView<Out, const Scalar> outputs = y.view();
    Loss::evaluate(workspace, outputs, labels, 1.0, BatchView<Out, Scalar>(), &sums);
  }
  return sums;
}

}  // namespace odot
