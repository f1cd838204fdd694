#pragma once
// SPDX-License-Identifier: MIT
// Products with one factor per channel, or per element.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is the elements that have the same factor.
template <class S>
struct GateForward {
  const S *x, *factors;
  S* y;

  ODOT_HOST_DEVICE S of_row(std::size_t row) const { return factors[row]; }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, S factor) const {
    run.store(y, run.load(x) * Run::number(factor));
  }
};
template <class S>
struct GateAddInput {
  const S *dy, *factors;
  S* dx;

  ODOT_HOST_DEVICE S of_row(std::size_t row) const { return factors[row]; }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, S factor) const {
    // y = x f
    run.store(dx, multiply_add(run.load(dy), Run::number(factor), run.load(dx)));
  }
};
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

/// The same if every element has its own factor.
template <class S>
struct Product {
  const S *a, *b;
  S* c;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(c, run.load(a) * run.load(b));
  }
};
template <class S>
struct AddProduct {
  const S *a, *b;
  S* c;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(c, multiply_add(run.load(a), run.load(b), run.load(c)));
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
    if constexpr (Sh::size == F::size)
      Parallel<Device>::template map<S>(workspace, 1, x.size(), detail::Product<S>{x.data(), f.data(), y.data()});
    else
      Parallel<Device>::template map<S>(workspace, f.size(), plane<Sh, F>,
                                        detail::GateForward<S>{x.data(), f.data(), y.data()});
  }

  template <ShapeType Sh, ShapeType F, class S>
  static void factor_gradient(Workspace<Device>& workspace, BatchView<Sh, const S, Device> x,
                              BatchView<Sh, const S, Device> dy, BatchView<F, S, Device> df) {
    if constexpr (Sh::size == F::size)
      Parallel<Device>::template map<S>(workspace, 1, x.size(), detail::Product<S>{x.data(), dy.data(), df.data()});
    else
      Parallel<Device>::template reduce_rows<S>(workspace, df.size(), plane<Sh, F>,
                                                detail::GateFactorGradient<S>{x.data(), dy.data(), df.data()});
  }

  template <ShapeType Sh, ShapeType F, class S>
  static void add_input_gradient(Workspace<Device>& workspace, BatchView<F, const S, Device> f,
                                 BatchView<Sh, const S, Device> dy, BatchView<Sh, S, Device> dx) {
    if constexpr (Sh::size == F::size)
      Parallel<Device>::template map<S>(workspace, 1, dy.size(), detail::AddProduct<S>{dy.data(), f.data(), dx.data()});
    else
      Parallel<Device>::template map<S>(workspace, f.size(), plane<Sh, F>,
                                        detail::GateAddInput<S>{dy.data(), f.data(), dx.data()});
  }

 private:
  template <ShapeType Sh, ShapeType F>
  static constexpr std::integral_constant<std::size_t, Sh::size / F::size> plane{};
};

}  // namespace odot::kernels
