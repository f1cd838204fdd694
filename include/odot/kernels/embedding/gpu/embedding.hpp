#pragma once
// SPDX-License-Identifier: MIT
// The embedding on the GPU. Backward: one lane per number of the table, which looks through all indices. That is slow
// for large tables, but needs neither atomic additions, whose order changes, nor memory for a sort.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/embedding/contract.hpp"
#include "odot/kernels/parallel/gpu/parallel.hpp"

namespace odot::kernels {

namespace detail {

/// Rows are the table's.
template <class T, class S, std::size_t V, std::size_t D>
struct EmbeddingBackward {
  const T* index;
  std::size_t count;
  const S* dy;
  S* dweight;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    double totals[Run::Number::count] = {};
    for (std::size_t n = 0; n < count; ++n)
      if (row_of_index<V>(index[n]) == run.row) {
        const auto grad = run.load_column(dy + n * D);
        for (std::size_t l = 0; l < Run::Number::count; ++l) totals[l] += static_cast<double>(grad.values[l]);
      }
    // y = weight[index]
    run.store(dweight, run.load(dweight) + run.generate([&](std::size_t l) { return totals[l]; }));
  }
};

}  // namespace detail

template <>
struct Embedding<Gpu> {
  template <class T, class S, std::size_t V, std::size_t D>
  static void forward(Workspace<Gpu>& workspace, BatchView<Shape<1>, const T, Gpu> index,
                      TensorView<Shape<V, D>, const S, Gpu> weight, BatchView<Shape<D>, S, Gpu> y) {
    detail::look_up(workspace, index, weight, y);
  }
  template <class T, class S, std::size_t V, std::size_t D>
  static void backward(Workspace<Gpu>& workspace, BatchView<Shape<1>, const T, Gpu> index,
                       BatchView<Shape<D>, const S, Gpu> dy, TensorView<Shape<V, D>, S, Gpu> dweight) {
    Parallel<Gpu>::map<S>(
        workspace, V, std::integral_constant<std::size_t, D>{},
        detail::EmbeddingBackward<T, S, V, D>{index.data(), index.samples(), dy.data(), dweight.data()});
  }
};

static_assert(EmbeddingKernel<Embedding<Gpu>, Gpu>);

}  // namespace odot::kernels
