#pragma once
// SPDX-License-Identifier: MIT
// One array that all channels share: copies it for each channel, and sums up the copies' gradients.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a copy.
template <class S, std::size_t C, std::size_t Plane>
struct CopyToChannels {
  const S* shared;
  S* copies;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(copies, run.load_column(shared + run.row / C * Plane));
  }
};

/// A row is a shared array.
template <class S, std::size_t C, std::size_t Plane>
struct AddChannels {
  const S* copies;
  S* shared;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const S* of_row = copies + run.row * (C * Plane);
    auto sum = run.load_column(of_row);
    for (std::size_t c = 1; c < C; ++c) sum = sum + run.load_column(of_row + c * Plane);
    run.store(shared, run.load(shared) + sum);
  }
};

}  // namespace detail

/// copies[h, c] = shared[h] for every channel c; and shared[h] += Σ_c copies[h, c].
/// Shapes  shared [heads, 1, H, W], copies [heads, C, H, W]
template <class Device>
struct ShareChannels {
  template <class S, std::size_t Heads, std::size_t C, std::size_t H, std::size_t W>
  static void copy(Workspace<Device>& workspace, TensorView<Shape<Heads, 1, H, W>, const S, Device> shared,
                   TensorView<Shape<Heads, C, H, W>, S, Device> copies) {
    Parallel<Device>::template map<S>(workspace, Heads * C, std::integral_constant<std::size_t, H * W>{},
                                      detail::CopyToChannels<S, C, H * W>{shared.data(), copies.data()});
  }
  template <class S, std::size_t Heads, std::size_t C, std::size_t H, std::size_t W>
  static void add(Workspace<Device>& workspace, TensorView<Shape<Heads, C, H, W>, const S, Device> copies,
                  TensorView<Shape<Heads, 1, H, W>, S, Device> shared) {
    Parallel<Device>::template map<S>(workspace, Heads, std::integral_constant<std::size_t, H * W>{},
                                      detail::AddChannels<S, C, H * W>{copies.data(), shared.data()});
  }
};

}  // namespace odot::kernels
