#pragma once
// SPDX-License-Identifier: MIT
// Clipping of a network's gradient by its norm.

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/kernels/gradient_norm/gradient_norm.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/optim/groups.hpp"
#include "odot/optim/require_range.hpp"

namespace odot::optim {

namespace detail {

/// Scales the network's gradient down to a norm of at most `max_norm`; *norm: what it was, memory of the device.
template <DeviceType Device, class Scalar>
void clip_to(NetworkState<Device, Scalar>& network, double max_norm, double* norm) {
  using Kernel = kernels::GradientNorm<Device>;
  const std::span<const Scalar> gradient = network.gradients();
  Kernel::measure(network.workspace(), gradient, norm);
  Kernel::clip(network.workspace(), max_norm, norm, network.gradients());
}

/// Throws ArgumentError for a norm out of range, or one in a group: clipping is of the whole gradient.
template <class Options>
void check_clipping(const Options& options, const std::vector<Group<Options>>& groups) {
  require_range("max_gradient_norm", options.max_gradient_norm, 0, std::numeric_limits<double>::infinity());
  for (const auto& group : groups)
    if (group.options.max_gradient_norm != 0)
      throw ArgumentError(
          "odot::optim: the group \"" + group.pattern +
          "\" sets max_gradient_norm, which is of the whole gradient; set it in the optimizer's options");
}

}  // namespace detail

/// Scales all gradients of a network by one factor where their norm, as one vector, exceeds `max_norm`. Returns the norm
/// that they had. Call it between compute_gradients and step; an optimizer's option max_gradient_norm does the same.
/// Same bits on any number of threads.
/// Errors  ArgumentError: max_norm is not a positive number
/// Source  Pascanu, Mikolov, Bengio, 2013; same convention as torch.nn.utils.clip_grad_norm_
template <DeviceType Device, class Scalar>
double clip_gradients(NetworkState<Device, Scalar>& network, double max_norm) {
  if (!(max_norm > 0))
    throw ArgumentError("odot::optim::clip_gradients: max_norm must be positive, found " + std::to_string(max_norm));
  auto frame = network.workspace().frame();
  double norm = 0, *on_device = frame.template take<double>(1);
  detail::clip_to(network, max_norm, on_device);
  Device::copy_to_host(&norm, on_device, sizeof norm);
  return norm;
}

}  // namespace odot::optim
