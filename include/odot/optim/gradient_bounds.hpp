#pragma once
// SPDX-License-Identifier: MIT
// Gradients that an optimizer can't work with, found and named.

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include "odot/core/error.hpp"
#include "odot/kernels/summary.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/optim/require_range.hpp"

namespace odot::optim::detail {

/// Names the first parameter with an element beyond `largest`.
template <DeviceType Device, class Scalar>
ODOT_COLD void refuse_gradients(const NetworkState<Device, Scalar>& network, Scalar largest) {
  const std::span<const Scalar> gradients = network.gradients();
  network.check_gradients_finite();
  const auto& table = network.parameter_table();
  for (auto info = table.rbegin(); info != table.rend(); ++info) {
    std::size_t count = 0;
    for (const Scalar g : gradients.subspan(info->offset, info->size)) count += !(std::abs(g) <= largest);
    if (count > 0)
      throw NonFiniteError("the gradient of " + info->name + " is beyond " + text_of(static_cast<double>(largest)) +
                           " in " + std::to_string(count) + " of " + std::to_string(info->size) +
                           " elements: its square, the second moment, overflows " + name_of_scalar<Scalar>() +
                           "; lower the learning rate, set max_gradient_norm, or check the input data");
  }
}

/// Throws NonFiniteError, naming the first parameter (in the order of the backward pass), where an element of the gradient
/// is not finite, or larger than `largest`, whose square is the scalar's. For devices whose memory is the host's.
template <DeviceType Device, class Scalar>
void require_gradients_within(NetworkState<Device, Scalar>& network, Scalar largest) {
  const std::span<const Scalar> gradients = network.gradients();
  kernels::GradientSummary summary;
  kernels::Summary<Device>::count(network.workspace(), gradients, largest, &summary);
  if (summary.beyond > 0) refuse_gradients(network, largest);
}

/// Throws NonFiniteError where the norm of the network's gradient is not finite, naming the parameter that it comes from.
template <DeviceType Device, class Scalar>
void require_finite_norm(const NetworkState<Device, Scalar>& network, double norm) {
  if (std::isfinite(norm)) return;
  network.check_gradients_finite();
  throw NonFiniteError(
      "the norm of the gradient is beyond the largest double; lower the learning rate, or check the input data");
}

}  // namespace odot::optim::detail
