#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: optimizers and clipping, by the size of gradients and by the number of steps or elements.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "accuracy/losses.hpp"
#include "accuracy/probe.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/sgd.hpp"

namespace odot::test {

inline constexpr std::size_t updated_parameters = 100;

/// Parameters from `start` on and their moments, after `steps` updates by gradients of `size`, others in every step:
/// update(workspace, step, gradient, parameters, moments).
template <class Scalar, DeviceType Device, class Update>
std::vector<std::vector<Scalar>> updated(double start, double size, std::size_t steps, const Update& update) {
  constexpr std::size_t count = updated_parameters;
  Workspace<Device> workspace;
  Buffer<Scalar, Device> gradient(count), parameters = on_device<Scalar, Device>(numbers(start, count));
  Buffer<Scalar, Device> moments[2] = {Buffer<Scalar, Device>(count), Buffer<Scalar, Device>(count)};
  std::vector<Scalar> host(count);
  for (std::size_t step = 1; step <= steps; ++step) {
    std::ranges::copy(numbers(size, count, step * count), host.begin());
    gradient.from_host(host.data());
    update(workspace, step, std::span<const Scalar>(gradient.span()), parameters.span(), moments);
  }
  return {parameters.to_host(), moments[0].to_host(), moments[1].to_host()};
}

/// How far parameters may be off: they are rounded once per step, so the error grows with the root of the steps.
inline double bound_of_steps(std::size_t steps) { return std::max(1e-6, 1e-7 * std::sqrt(static_cast<double>(steps))); }

inline double work_of_steps(std::size_t steps) { return 3 * static_cast<double>(steps * updated_parameters); }

/// Of an optimizer, the output are the parameters, and the moments stand in the gradients' place.
template <class Device, class Update>
void check_updates(const Row& row, double start, const Update& update) {
  if (row.work > most_work()) return;
  const auto expected = updated<double, Cpu>(start, row.size, row.length, update);
  const auto actual = updated<float, typename Device::device>(start, row.size, row.length, update);
  const auto error = [&](std::size_t part) { return relative_error(actual[part], expected[part], row.output_floor()); };
  check_errors(row, Device::name, {.y = error(0), .dx = error(1), .dparameters = error(2)});
}

/// Adam from parameters of 0, so that the parameters are what its steps add up to; AdamW from parameters of 1/2, of
/// which it takes a share.
template <class Device>
void check_adam(double size, std::size_t steps) {
  for (const bool decoupled : {false, true})
    check_updates<Device>(
        {decoupled ? "AdamW" : "Adam", size, steps, bound_of_steps(steps), 5e-6, 0, work_of_steps(steps)},
        decoupled ? 0.5 : 0,
        [=]<class S, class D>(Workspace<D>& workspace, std::size_t step, std::span<const S> gradient,
                              std::span<S> parameters, Buffer<S, D>* moments) {
          kernels::Adam<D>::template update<S>(
              workspace, {.weight_decay = decoupled ? 0.01 : 0, .step = step, .decoupled = decoupled}, gradient,
              parameters, moments[0].span(), moments[1].span());
        });
}

/// With momentum, from parameters of 0.
template <class Device>
void check_sgd(double size, std::size_t steps) {
  for (const bool nesterov : {false, true})
    check_updates<Device>({nesterov ? "SGD, Nesterov's momentum" : "SGD, momentum", size, steps, bound_of_steps(steps),
                           1e-6, 0, work_of_steps(steps)},
                          0,
                          [=]<class S, class D>(Workspace<D>& workspace, std::size_t, std::span<const S> gradient,
                                                std::span<S> parameters, Buffer<S, D>* moments) {
                            kernels::SGD<D>::template update<S>(workspace, {.momentum = 0.9, .nesterov = nesterov},
                                                                gradient, parameters, moments[0].span());
                          });
}

/// Up to `longest` steps.
template <class Device>
void optimizers(std::size_t longest) {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e18}) check_adam<Device>(size, 10);
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e30}) check_sgd<Device>(size, 10);
  for (const std::size_t steps : {1u, 1'000u, 100'000u}) {
    if (steps > longest) continue;
    check_adam<Device>(1, steps);
    check_sgd<Device>(1, steps);
  }
}

/// The norm of a gradient, and the gradient scaled down to a norm of 1.
template <class Scalar, DeviceType Device>
LossResult<Scalar> clipped(const std::vector<float>& gradient) {
  using Kernel = kernels::GradientNorm<Device>;
  Workspace<Device> workspace;
  Buffer<Scalar, Device> values = on_device<Scalar, Device>(gradient);
  Buffer<double, Device> norm(1);
  Kernel::template measure<Scalar>(workspace, values.span(), norm.data());
  Kernel::template clip<Scalar>(workspace, 1.0, norm.data(), values.span());
  return {norm.to_host()[0], values.to_host()};
}

template <class Device>
void check_clipping(double size, std::size_t length) {
  const double work = length < 1'000'000 ? 0 : 10 * static_cast<double>(length);
  // The gradient: two roundings of 2⁻²⁴ where there is no fused multiply-add.
  const Row row{"Gradient norm and clipping", size, length, 1e-12, 1.2e-7, 0, work};
  if (row.work > most_work()) return;
  const std::vector<float> gradient = numbers(size, length);
  const auto expected = clipped<double, Cpu>(gradient);
  const auto actual = clipped<float, typename Device::device>(gradient);
  check_errors(row, Device::name,
               {.y = relative_error(actual.loss, expected.loss),
                .dx = relative_error(actual.gradient, expected.gradient, 1e-37)});
}

/// Of up to `longest` elements.
template <class Device>
void clipping(std::size_t longest) {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e30}) check_clipping<Device>(size, 1'000);
  for (const std::size_t length : {1u, 100'000u, 1'000'000u, 10'000'000u})
    if (length <= longest) check_clipping<Device>(1, length);
}

}  // namespace odot::test
