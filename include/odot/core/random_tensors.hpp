#pragma once
// SPDX-License-Identifier: MIT
// Tensors and batches of random numbers: the same bits on any device and any number of threads.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/current_workspace.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/parallel.hpp"
#include "odot/core/random.hpp"
#include "odot/core/tensor.hpp"

namespace odot {

namespace detail {

template <class T>
inline constexpr bool is_tensor = false;
template <ShapeType S, class Scalar, DeviceType Device>
inline constexpr bool is_tensor<Tensor<S, Scalar, Device>> = true;
template <class T>
inline constexpr bool is_batch = false;
template <ShapeType S, class Scalar, DeviceType Device>
inline constexpr bool is_batch<Batch<S, Scalar, Device>> = true;

/// elements[i] = number(i), in memory of the device.
template <DeviceType Device, class Scalar, class Number>
void fill_elements(std::span<Scalar> elements, const Number& number) {
  constexpr bool fillable = std::floating_point<Scalar> && !std::is_const_v<Scalar>;
  static_assert(fillable, "odot::fill_uniform, fill_normal: elements must be floating-point numbers, and not const");
  if constexpr (!fillable) {
  } else if constexpr (Device::host_accessible) {
    const Chunks chunks(elements.size(), 4096);
    parallel_for(current_workspace<Cpu>().threads(), chunks.count(), [&](std::size_t chunk, std::size_t) {
      for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i)
        elements[i] = static_cast<Scalar>(number(i));
    });
  } else {
    std::vector<Scalar> host(elements.size());
    fill_elements<Cpu>(std::span(host), number);
    if (!host.empty()) Device::copy_from_host(elements.data(), host.data(), elements.size_bytes());
  }
}

/// The same of an owner, a view, or an array of the host.
template <class Target, class Number>
void fill_target(Target& target, const Number& number) {
  if constexpr (requires { target.view(); }) {
    const auto view = target.view();
    fill_target(view, number);
  } else if constexpr (requires { typename Target::device; }) {
    fill_elements<typename Target::device>(std::span(target.data(), target.size()), number);
  } else {
    fill_elements<Cpu>(std::span(target), number);
  }
}

}  // namespace detail

/// Every element becomes a uniform number from low to high: element i, in row-major order, low + (high − low) u with u
/// number i of `random`. The target is a tensor, a batch, a view on any device, or a span of the host.
///     fill_uniform(x, -1, 1, Random(Seed{7}));
/// What is filled by the same `random` gets the same numbers; give every tensor its own stream: Random(Seed{7}, 2).
/// Errors  ArgumentError: low above high, or bounds that are not finite
template <class Target>
void fill_uniform(Target&& target, double low, double high, const Random& random) {
  if (!(low <= high) || !std::isfinite(high - low))
    throw ArgumentError("odot::fill_uniform: expected finite bounds, the lower one first, found " +
                        number_text::shortest(low) + " and " + number_text::shortest(high));
  detail::fill_target(target, [=](std::size_t i) { return std::fma(high - low, random.uniform(i), low); });
}

/// The same with normal numbers: mean + deviation · z.
///     fill_normal(x, 0, 0.02, Random(Seed{7}));
/// Errors  ArgumentError: a negative deviation; numbers that are not finite
template <class Target>
void fill_normal(Target&& target, double mean, double deviation, const Random& random) {
  if (!(deviation >= 0) || !std::isfinite(mean) || !std::isfinite(deviation))
    throw ArgumentError("odot::fill_normal: expected a finite mean and a finite deviation of 0 or more, found " +
                        number_text::shortest(mean) + " and " + number_text::shortest(deviation));
  detail::fill_target(target, [=](std::size_t i) { return std::fma(deviation, random.normal(i), mean); });
}

/// A tensor, or a batch of `samples` samples, of uniform numbers, as fill_uniform draws them.
///     auto w = uniform<Tensor<Shape<3, 4>>>(Random(Seed{7}), -1, 1);
///     auto x = uniform<Batch<Shape<4>, float, Gpu>>(32, Random(Seed{7}, 2));
template <class T>
  requires detail::is_tensor<T>
T uniform(const Random& random, double low = 0, double high = 1) {
  T tensor;
  fill_uniform(tensor, low, high, random);
  return tensor;
}
template <class T>
  requires detail::is_batch<T>
T uniform(std::size_t samples, const Random& random, double low = 0, double high = 1) {
  T batch(samples);
  fill_uniform(batch, low, high, random);
  return batch;
}

/// The same of normal numbers, as fill_normal draws them.
///     auto w = normal<Tensor<Shape<3, 4>>>(Random(Seed{7}), 0, 0.02);
template <class T>
  requires detail::is_tensor<T>
T normal(const Random& random, double mean = 0, double deviation = 1) {
  T tensor;
  fill_normal(tensor, mean, deviation, random);
  return tensor;
}
template <class T>
  requires detail::is_batch<T>
T normal(std::size_t samples, const Random& random, double mean = 0, double deviation = 1) {
  T batch(samples);
  fill_normal(batch, mean, deviation, random);
  return batch;
}

}  // namespace odot
