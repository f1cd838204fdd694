#pragma once
// SPDX-License-Identifier: MIT
// Batch normalisation of features: of the columns of a batch of vectors.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/moments.hpp"
#include "odot/kernels/norm_constants.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

/// Means, and the sums of squared deviations. Both are made in double.
template <class S>
struct ColumnMeans {
  const S* x;
  double rows;
  double* means;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(x);
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    run.store(means, totals[0] / Run::number(rows));
  }
};
template <class S>
struct ColumnSquares {
  const S* x;
  const double* means;
  double* squares;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto deviation = run.load(x) - run.load_column(means);
    return deviation * deviation;
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    run.store(squares, totals[0]);
  }
};

/// Columns of y = (x − mean) · scale + shift. `shift` holds what rounding the mean has left out.
template <class S>
struct ColumnLines {
  const S *weight, *bias;  // may be null
  S *means, *scales, *shifts;

  ODOT_HOST_DEVICE void set(std::size_t c, double exact_mean, S rstd) const {
    const S mean = static_cast<S>(exact_mean), scale = (weight ? weight[c] : S{1}) * rstd;
    const double left_out = (static_cast<double>(mean) - exact_mean) * static_cast<double>(scale);
    means[c] = mean;
    scales[c] = scale;
    shifts[c] = static_cast<S>(left_out + static_cast<double>(bias ? bias[c] : S{0}));
  }
};

/// The lines of a batch, one column after the other; its statistics and the running ones.
template <class S>
struct BatchLines {
  NormConstants constants;
  double rows;
  const double *means, *squares;
  S *running_mean, *running_var, *mean, *rstd;
  ColumnLines<S> lines;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    for (std::size_t c = run.column; c < run.column + run.count; ++c) {
      const Moments batch{rows, means[c], squares[c]};
      mean[c] = static_cast<S>(batch.mean);
      rstd[c] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
      update_running(batch, constants, running_mean[c], running_var[c]);
      lines.set(c, batch.mean, rstd[c]);
    }
  }
};
/// The lines of the running statistics.
template <class S>
struct RunningLines {
  double eps;
  const S *running_mean, *running_var;
  ColumnLines<S> lines;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    for (std::size_t c = run.column; c < run.column + run.count; ++c)
      lines.set(c, static_cast<double>(running_mean[c]),
                static_cast<S>(1 / std::sqrt(static_cast<double>(running_var[c]) + eps)));
  }
};

template <class S>
struct ColumnNormForward {
  const S *x, *means, *scales, *shifts;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(y, (run.load(x) - run.load_column(means)) * run.load_column(scales) + run.load_column(shifts));
  }
};

/// averages = mean(dy), mean(dy x̂); dγ and dβ.
template <class S, std::size_t C>
struct ColumnNormSums {
  const S *x, *dy, *mean, *rstd;
  S rows;
  S *averages, *dweight, *dbias;  // dweight and dbias may be null

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto grad = run.load(dy);
    return terms(grad, grad * ((run.load(x) - run.load_column(mean)) * run.load_column(rstd)));
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    // y = γ x̂ + β
    if (dbias) run.store(dbias, run.load(dbias) + totals[0]);
    if (dweight) run.store(dweight, run.load(dweight) + totals[1]);
    run.store(averages, totals[0] / Run::number(rows));
    run.store(averages + C, totals[1] / Run::number(rows));
  }
};
template <class S, std::size_t C>
struct ColumnNormInputGradient {
  const S *x, *dy, *mean, *rstd, *weight, *averages;  // weight may be null
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto r = run.load_column(rstd), scale = weight ? r * run.load_column(weight) : r;
    // x̂ = (x − μ)/σ
    run.store(dx, (run.load(dy) - run.load_column(averages) -
                   (run.load(x) - run.load_column(mean)) * (r * run.load_column(averages + C))) *
                      scale);
  }
};

}  // namespace detail

/// kernels::BatchNorm of planes of one number: y = γ (x − μ)/√(σ² + eps) + β, μ and σ² (biased) of each column.
/// Shapes  x [N, C], weight γ and bias β [C] (optional, both or none) → y [N, C];
///         statistics [2, C]: μ and 1/√(σ² + eps), for backward
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten; optional);  dγ += Σ dy x̂,  dβ += Σ dy (added; optional)
template <class Device>
struct ColumnNorm {
  template <class S, std::size_t C>
  static void forward_training(Workspace<Device>& workspace, const NormConstants& constants,
                               BatchView<Shape<C>, const S, Device> x, TensorView<Shape<C>, const S, Device> weight,
                               TensorView<Shape<C>, const S, Device> bias, TensorView<Shape<C>, S, Device> running_mean,
                               TensorView<Shape<C>, S, Device> running_var,
                               TensorView<Shape<2, C>, S, Device> statistics, BatchView<Shape<C>, S, Device> y) {
    if (x.samples() == 0) return;
    auto frame = workspace.frame();
    double* const sums = frame.template take<double>(2 * C);
    const auto rows = static_cast<double>(x.samples());
    using Primitives = Parallel<Device>;
    Primitives::template reduce_columns<double>(workspace, x.samples(), columns<C>,
                                                detail::ColumnMeans<S>{x.data(), rows, sums});
    Primitives::template reduce_columns<double>(workspace, x.samples(), columns<C>,
                                                detail::ColumnSquares<S>{x.data(), sums, sums + C});
    apply(workspace, x, weight, bias, y, [&](const detail::ColumnLines<S>& lines) {
      return detail::BatchLines<S>{constants,
                                   rows,
                                   sums,
                                   sums + C,
                                   running_mean.data(),
                                   running_var.data(),
                                   statistics.data(),
                                   statistics.data() + C,
                                   lines};
    });
  }

  template <class S, std::size_t C>
  static void forward_evaluation(Workspace<Device>& workspace, const NormConstants& constants,
                                 BatchView<Shape<C>, const S, Device> x, TensorView<Shape<C>, const S, Device> weight,
                                 TensorView<Shape<C>, const S, Device> bias,
                                 TensorView<Shape<C>, const S, Device> running_mean,
                                 TensorView<Shape<C>, const S, Device> running_var, BatchView<Shape<C>, S, Device> y) {
    apply(workspace, x, weight, bias, y, [&](const detail::ColumnLines<S>& lines) {
      return detail::RunningLines<S>{constants.eps, running_mean.data(), running_var.data(), lines};
    });
  }

  template <class S, std::size_t C>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<C>, const S, Device> x,
                       TensorView<Shape<C>, const S, Device> weight,
                       TensorView<Shape<2, C>, const S, Device> statistics, BatchView<Shape<C>, const S, Device> dy,
                       TensorView<Shape<C>, S, Device> dweight, TensorView<Shape<C>, S, Device> dbias,
                       BatchView<Shape<C>, S, Device> dx) {
    if (x.samples() == 0) return;
    auto frame = workspace.frame();
    S* const averages = frame.template take<S>(2 * C);
    const S *mean = statistics.data(), *rstd = mean + C;
    Parallel<Device>::template reduce_columns<S>(
        workspace, x.samples(), columns<C>,
        detail::ColumnNormSums<S, C>{x.data(), dy.data(), mean, rstd, static_cast<S>(x.samples()), averages,
                                     dweight.data(), dbias.data()});
    if (!dx) return;
    Parallel<Device>::template map<S>(
        workspace, x.samples(), columns<C>,
        detail::ColumnNormInputGradient<S, C>{x.data(), dy.data(), mean, rstd, weight.data(), averages, dx.data()});
  }

 private:
  template <std::size_t C>
  static constexpr std::integral_constant<std::size_t, C> columns{};

  /// y by the lines that the program `set_of(lines)` sets.
  template <class S, std::size_t C, class SetOf>
  static void apply(Workspace<Device>& workspace, BatchView<Shape<C>, const S, Device> x,
                    TensorView<Shape<C>, const S, Device> weight, TensorView<Shape<C>, const S, Device> bias,
                    BatchView<Shape<C>, S, Device> y, const SetOf& set_of) {
    auto frame = workspace.frame();
    S* const lines = frame.template take<S>(3 * C);
    Parallel<Device>::template map<S>(
        workspace, 1, columns<C>,
        set_of(detail::ColumnLines<S>{weight.data(), bias.data(), lines, lines + C, lines + 2 * C}));
    Parallel<Device>::template map<S>(
        workspace, x.samples(), columns<C>,
        detail::ColumnNormForward<S>{x.data(), lines, lines + C, lines + 2 * C, y.data()});
  }
};

}  // namespace odot::kernels
