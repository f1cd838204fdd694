#pragma once
// SPDX-License-Identifier: MIT
// Clipping of a network's gradient by its norm.

#include <cmath>
#include <span>

#include "odot/core/error.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/nn/non_finite.hpp"
#include "odot/optim/require_range.hpp"

namespace odot::optim {

/// Scales all gradients of a network by one factor if their norm, as one vector, exceeds `max_norm`. Returns the norm
/// that they had. Call it between compute_gradients and step. An optimizer's option max_gradient_norm does the same in
/// every step; groups have no part in it, as there is one norm, of all parameters.
/// Same bits on any number of threads.
/// Errors  ArgumentError: max_norm is not a positive number
///         NonFiniteError: the norm is NaN or infinite, naming the parameter; the gradients stay as they are
/// Source  Pascanu, Mikolov, Bengio, 2013; same convention as torch.nn.utils.clip_grad_norm_ with error_if_nonfinite
template <DeviceType Device, class Scalar>
double clip_gradients(NetworkState<Device, Scalar>& network, double max_norm) {
  if (!(max_norm > 0))
    throw ArgumentError("odot::optim::clip_gradients: max_norm must be positive, found " + detail::text_of(max_norm));
  using Kernel = kernels::GradientNorm<Device>;
  auto frame = network.workspace().frame();
  double norm = 0, *on_device = frame.template take<double>(1);
  Kernel::measure(network.workspace(), std::span<const Scalar>(network.gradients()), on_device);
  Device::copy_to_host(&norm, on_device, sizeof norm);
  if (!std::isfinite(norm)) {
    network.check_gradients_finite();
    throw nn::error_of({.what = nn::NonFinite::gradient_norm});
  }
  Kernel::clip(network.workspace(), max_norm, on_device, network.gradients());
  return norm;
}

namespace detail {

/// The same without waiting for the norm: one that is not finite makes all gradients NaN.
template <DeviceType Device, class Scalar>
void clip_unseen(NetworkState<Device, Scalar>& network, double max_norm) {
  using Kernel = kernels::GradientNorm<Device>;
  auto frame = network.workspace().frame();
  auto* norm = frame.template take<double>(1);
  Kernel::measure(network.workspace(), std::span<const Scalar>(network.gradients()), norm);
  Kernel::clip(network.workspace(), max_norm, norm, network.gradients());
}

}  // namespace detail

}  // namespace odot::optim
