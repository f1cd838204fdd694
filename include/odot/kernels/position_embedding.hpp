#pragma once
// SPDX-License-Identifier: MIT
// The learned position embedding.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// y = x + w, the same w in every row.
template <class S>
struct AddToRows {
  const S *x, *weight;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(y, run.load(x) + run.load_column(weight));
  }
};

/// total += Σ of the rows.
template <class S>
struct AddUpRows {
  const S* rows;
  std::size_t stride;  ///< from row to row
  S* total;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load_from(rows + run.row * stride + run.column);
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    run.store(total, run.load(total) + totals[0]);
  }
};

}  // namespace detail

/// y = x + w, the same w for every sample; y may be x's memory.
/// Shapes  x [N, …], weight […] → y [N, …]
/// Grad    dw += Σₙ dy (added)
template <class Device>
struct PositionEmbedding {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x,
                      TensorView<Sh, const S, Device> weight, BatchView<Sh, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, x.samples(), std::integral_constant<std::size_t, Sh::size>{},
                                      detail::AddToRows<S>{x.data(), weight.data(), y.data()});
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> dy,
                       TensorView<Sh, S, Device> dweight) {
    // y = x + w
    Parallel<Device>::template reduce_columns<S>(workspace, dy.samples(),
                                                 std::integral_constant<std::size_t, Sh::size>{},
                                                 detail::AddUpRows<S>{dy.data(), Sh::size, dweight.data()});
  }
};

}  // namespace odot::kernels
