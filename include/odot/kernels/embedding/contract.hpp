#pragma once
// SPDX-License-Identifier: MIT
// Contract of the embedding: looks up rows of a table.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

/// y[n] = weight[index[n]]; NaN where an index is not in 0 … V − 1. Indices are integers, of an integral or
/// floating-point type.
/// Shapes  index [N], weight [V, D] → y [N, D]
/// Grad    dweight[v] += Σ dy[n] over the n with index[n] = v, in their order (added); indices out of range add nothing
template <class Device>
struct Embedding : detail::MissingKernels<Device> {
  template <class T, class S, std::size_t V, std::size_t D>
  static void forward(Workspace<Device>& workspace, BatchView<Shape<1>, const T, Device> index,
                      TensorView<Shape<V, D>, const S, Device> weight, BatchView<Shape<D>, S, Device> y);
  template <class T, class S, std::size_t V, std::size_t D>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<1>, const T, Device> index,
                       BatchView<Shape<D>, const S, Device> dy, TensorView<Shape<V, D>, S, Device> dweight);
};

/// What a device's Embedding must offer, checked by example calls.
template <class K, class Device, class S = float>
concept EmbeddingKernel =
    requires(Workspace<Device>& workspace, BatchView<Shape<1>, const std::int32_t, Device> index,
             TensorView<Shape<4, 3>, const S, Device> weight, BatchView<Shape<3>, S, Device> y,
             BatchView<Shape<3>, const S, Device> dy, TensorView<Shape<4, 3>, S, Device> dweight) {
      K::forward(workspace, index, weight, y);
      K::backward(workspace, index, dy, dweight);
    };

namespace detail {

/// The row that an index names; V if there is none. (NaN fails the comparisons.)
template <std::size_t V, class T>
ODOT_HOST_DEVICE std::size_t row_of_index(T index) {
  if constexpr (std::is_integral_v<T>) return static_cast<std::size_t>(index) < V ? static_cast<std::size_t>(index) : V;
  else return index >= T{0} && index < static_cast<T>(V) ? static_cast<std::size_t>(index) : V;
}

template <class T, class S, std::size_t V, std::size_t D>
struct EmbeddingForward {
  const T* index;
  const S* weight;
  S* y;

  /// Null if there is no such row.
  ODOT_HOST_DEVICE const S* of_row(std::size_t n) const {
    const std::size_t row = row_of_index<V>(index[n]);
    return row < V ? weight + row * D : nullptr;
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const S* row) const {
    if (row) run.store(y, run.load_column(row));
    else run.store(y, Run::number(std::numeric_limits<S>::quiet_NaN()));
  }
};

template <class Device, class T, class S, std::size_t V, std::size_t D>
void look_up(Workspace<Device>& workspace, BatchView<Shape<1>, const T, Device> index,
             TensorView<Shape<V, D>, const S, Device> weight, BatchView<Shape<D>, S, Device> y) {
  Parallel<Device>::template map<S>(workspace, index.samples(), std::integral_constant<std::size_t, D>{},
                                    EmbeddingForward<T, S, V, D>{index.data(), weight.data(), y.data()});
}

}  // namespace detail

}  // namespace odot::kernels
