#pragma once
// SPDX-License-Identifier: MIT
// Products with one factor per channel, or per element.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// y = x f, or y += x f. Each element has its own factor, or a row is the elements of one factor (OfRow).
template <class S, bool OfRow, bool Add>
struct GateProduct {
  const S *x, *factors;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    if constexpr (Add) run.store(y, multiply_add(run.load(x), factor(run), run.load(y)));
    else run.store(y, run.load(x) * factor(run));
  }
  template <class Run>
  ODOT_HOST_DEVICE auto factor(const Run& run) const {
    if constexpr (OfRow) return run.load_row(factors);
    else return run.load(factors);
  }
};

/// A row is the elements of one factor.
template <class S>
struct GateFactorGradient {
  const S *x, *dy;
  S* dfactors;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    // y = x f
    return run.load(dy) * run.load(x);
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t row, const Totals& totals) const {
    dfactors[row] = static_cast<S>(totals[0]);
  }
};

}  // namespace detail

/// y = x ⊙ f; each factor is for Sh::size / F::size neighbouring elements: a channel's plane, or one element.
/// Shapes  x [N, Sh...], f [N, F...] → y [N, Sh...]
/// Grad    df = Σ dy x over its elements (overwritten);  dx += dy f (added)
template <class Device>
struct Gate {
  template <ShapeType Sh, ShapeType F, class S>
  static void forward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x, BatchView<F, const S, Device> f,
                      BatchView<Sh, S, Device> y) {
    multiply<false>(workspace, x, f, y);
  }

  template <ShapeType Sh, ShapeType F, class S>
  static void factor_gradient(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x,
                              BatchView<Sh, const S, Device> dy, BatchView<F, S, Device> df) {
    if constexpr (Sh::size == F::size)
      multiply<false>(workspace, x, dy, BatchView<Sh, S, Device>(df.data(), df.samples()));
    else
      Parallel<Device>::template reduce_rows<S>(workspace, df.size(), plane<Sh, F>,
                                                detail::GateFactorGradient<S>{x.data(), dy.data(), df.data()});
  }

  template <ShapeType Sh, ShapeType F, class S>
  static void add_input_gradient(Workspace<Device>& workspace, BatchView<F, const S, Device> f,
                                 BatchView<Sh, const S, Device> dy, BatchView<Sh, S, Device> dx) {
    // y = x f
    multiply<true>(workspace, dy, f, dx);
  }

 private:
  template <ShapeType Sh, ShapeType F>
  static constexpr std::integral_constant<std::size_t, Sh::size / F::size> plane{};

  template <bool Add, ShapeType Sh, ShapeType F, class S>
  static void multiply(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x, BatchView<F, const S, Device> f,
                       BatchView<Sh, S, Device> y) {
    constexpr bool of_row = F::size < Sh::size;
    const detail::GateProduct<S, of_row, Add> program{x.data(), f.data(), y.data()};
    if constexpr (of_row) Parallel<Device>::template map<S>(workspace, f.size(), plane<Sh, F>, program);
    else Parallel<Device>::template map<S>(workspace, 1, x.size(), program);
  }
};

}  // namespace odot::kernels
