#pragma once
// SPDX-License-Identifier: MIT
// What the norms of rows have in common: their eps, and their backward.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels::detail {

/// An eps too small for S must not become 0, or equal numbers would give NaN.
template <class S>
constexpr double eps_of(double eps) {
  return eps > 0 ? (std::max)(eps, static_cast<double>((std::numeric_limits<S>::min)())) : 0.0;
}

/// g = γ ⊙ dy; a column is a feature.
template <class S>
struct ScaledGradient {
  const S *dy, *weight;  // weight may be null

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return weight ? run.load(dy) * run.load_column(weight) : run.load(dy);
  }
};

/// dγ, dβ and dx. Input is the program of dx, a row of which is a sample, with
///     grad, dx                            a ScaledGradient; where dx goes, or null
///     of_row(row)                         a row's statistics
///     normalised(run, statistics)         x̂
/// dx of a row is stored after the row's terms of dγ and dβ, because it may be dy's memory.
template <class S, class Input, bool Bias>
struct RowNormBackward {
  Input input;
  S *dweight, *dbias;

  ODOT_HOST_DEVICE auto of_row(std::size_t row) const { return input.of_row(row); }
  template <class Run, class Statistics>
  ODOT_HOST_DEVICE auto operator()(const Run& run, const Statistics& statistics) const {
    const auto grad = run.load(input.grad.dy);
    const auto product = grad * input.normalised(run, statistics);
    if constexpr (Bias) return terms(product, grad);
    else return product;
  }
  template <class Row>
  ODOT_HOST_DEVICE void row(const Row& row) const {
    if (input.dx) input(row);
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    // y = γ x̂ + β
    run.store(dweight, run.load(dweight) + totals[0]);
    if constexpr (Bias) run.store(dbias, run.load(dbias) + totals[1]);
  }
};

/// Runs it, or the program of dx alone where there is no γ.
template <bool Bias, std::size_t D, class Device, class S, class Input>
void row_norm_backward(Workspace<Device>& workspace, std::size_t samples, const Input& input, S* dweight, S* dbias) {
  constexpr std::integral_constant<std::size_t, D> columns;
  if (dweight)
    Parallel<Device>::template reduce_columns<S>(workspace, samples, columns,
                                                 RowNormBackward<S, Input, Bias>{input, dweight, dbias});
  else if (input.dx) Parallel<Device>::template each_row<S>(workspace, samples, columns, input);
}

}  // namespace odot::kernels::detail
