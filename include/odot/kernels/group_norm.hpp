#pragma once
// SPDX-License-Identifier: MIT
// Normalisation of groups of channels, sample by sample.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"
#include "odot/kernels/row_norm.hpp"
#include "odot/kernels/row_statistics.hpp"

namespace odot::kernels {

namespace detail {

/// `Groups` groups of `Each` channels of `Plane` numbers.
template <std::size_t Groups, std::size_t Each, std::size_t Plane>
struct GroupSizes {
  static constexpr std::size_t groups = Groups, each = Each, plane = Plane, channels = Groups * Each;
};

/// Rows are groups.
template <class S, std::size_t D>
struct GroupStatistics {
  double eps;
  const S* x;
  RowStatistics<S>* statistics;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const RowStatistics<S> found = row_statistics<D>(row, x, eps);
    row.once([&] { statistics[row.index] = found; });
  }
};

/// Rows are planes, one per channel, here and below.
template <class G, class S>
struct GroupNormForward {
  const S *x, *weight, *bias;  // weight and bias may be null
  const RowStatistics<S>* statistics;
  S* y;

  struct Plane {
    RowStatistics<S> group;
    S weight, bias;
  };
  ODOT_HOST_DEVICE Plane of_row(std::size_t row) const {
    const std::size_t c = row % G::channels;
    return {statistics[row / G::each], weight ? weight[c] : S{1}, bias ? bias[c] : S{0}};
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const Plane& plane) const {
    run.store(y, ((run.load(x) - plane.group.mean) * plane.group.rstd + plane.group.rest) * plane.weight + plane.bias);
  }
};

/// sums[plane] = Σ dy, Σ dy x̂.
template <class G, class S>
struct GroupNormPlaneSums {
  const S *x, *dy;
  const RowStatistics<S>* statistics;
  S* sums;  // [planes, 2]

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const RowStatistics<S> group = statistics[run.row / G::each];
    const auto grad = run.load(dy);
    return terms(grad, grad * ((run.load(x) - group.mean) * group.rstd));
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t row, const Totals& totals) const {
    sums[2 * row] = static_cast<S>(totals[0]);
    sums[2 * row + 1] = static_cast<S>(totals[1]);
  }
};

/// means[group] = mean(γ dy), mean(γ dy x̂). Rows are groups, columns a group's channels.
template <class G, class S>
struct GroupNormMeans {
  const S *sums, *weight;
  S* means;  // [groups, 2]

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    using Number = typename Run::Number;
    const S* of_run = sums + 2 * run.offset;
    const Number scale = weight ? run.load_from(weight + run.row % G::groups * G::each + run.column) : Number(S{1});
    return terms(run.load_strided(of_run, 2) * scale, run.load_strided(of_run + 1, 2) * scale);
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t row, const Totals& totals) const {
    constexpr double size = static_cast<double>(G::each * G::plane);
    means[2 * row] = static_cast<S>(totals[0] / size);
    means[2 * row + 1] = static_cast<S>(totals[1] / size);
  }
};

template <class G, class S>
struct GroupNormBackward {
  const S *x, *weight, *dy, *means;
  const RowStatistics<S>* statistics;
  S* dx;

  struct Plane {
    S mean, rstd, weight, mean_grad, mean_product;
  };
  ODOT_HOST_DEVICE Plane of_row(std::size_t row) const {
    const std::size_t group = row / G::each;
    return {statistics[group].mean, statistics[group].rstd, weight ? weight[row % G::channels] : S{1}, means[2 * group],
            means[2 * group + 1]};
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const Plane& plane) const {
    // x̂ = (x − μ)/√(σ² + eps)
    run.store(dx, (run.load(dy) * plane.weight - plane.mean_grad -
                   (run.load(x) - plane.mean) * (plane.rstd * plane.mean_product)) *
                      plane.rstd);
  }
};

/// dγ and dβ. Rows are samples, columns channels.
template <class S>
struct GroupNormParameters {
  const S* sums;
  S *dweight, *dbias;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const S* of_run = sums + 2 * run.offset;
    return terms(run.load_strided(of_run + 1, 2), run.load_strided(of_run, 2));
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    // y = γ x̂ + β
    run.store(dweight, run.load(dweight) + totals[0]);
    run.store(dbias, run.load(dbias) + totals[1]);
  }
};

}  // namespace detail

/// x̂ = (x − μ)/√(σ² + eps), y = γ_c x̂ + β_c, with μ and σ² (biased) of each group of C/Groups channels of each
/// sample.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] (optional, both or none) → y [N, C, H, W]; y may be x's memory
///         statistics [N, 3·Groups]: one RowStatistics per group, for backward
/// Grad    g = γ dy:  dx = (g − mean(g) − x̂ mean(g x̂))/√(σ² + eps), means over the group (overwritten; optional);
///         dγ += Σ dy x̂,  dβ += Σ dy (added; optional, both or none)
template <class Device>
struct GroupNorm {
  template <std::size_t Groups, class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward(Workspace<Device>& workspace, double eps, BatchView<Shape<C, H, W>, const S, Device> x,
                      TensorView<Shape<C>, const S, Device> weight, TensorView<Shape<C>, const S, Device> bias,
                      BatchView<Shape<3 * Groups>, S, Device> statistics, BatchView<Shape<C, H, W>, S, Device> y) {
    using G = detail::GroupSizes<Groups, C / Groups, H * W>;
    constexpr std::size_t size = G::each * G::plane;
    auto* const of_groups = reinterpret_cast<detail::RowStatistics<S>*>(statistics.data());
    Parallel<Device>::template each_row<S>(
        workspace, x.samples() * Groups, std::integral_constant<std::size_t, size>{},
        detail::GroupStatistics<S, size>{detail::eps_of<S>(eps), x.data(), of_groups});
    Parallel<Device>::template map<S>(
        workspace, x.samples() * C, std::integral_constant<std::size_t, H * W>{},
        detail::GroupNormForward<G, S>{x.data(), weight.data(), bias.data(), of_groups, y.data()});
  }

  template <std::size_t Groups, class S, std::size_t C, std::size_t H, std::size_t W>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<C, H, W>, const S, Device> x,
                       TensorView<Shape<C>, const S, Device> weight,
                       BatchView<Shape<3 * Groups>, const S, Device> statistics,
                       BatchView<Shape<C, H, W>, const S, Device> dy, TensorView<Shape<C>, S, Device> dweight,
                       TensorView<Shape<C>, S, Device> dbias, BatchView<Shape<C, H, W>, S, Device> dx) {
    using G = detail::GroupSizes<Groups, C / Groups, H * W>;
    const std::size_t n = x.samples();
    const auto* const of_groups = reinterpret_cast<const detail::RowStatistics<S>*>(statistics.data());
    auto frame = workspace.frame();
    S* const sums = frame.template take<S>(2 * n * C);
    Parallel<Device>::template reduce_rows<S>(workspace, n * C, std::integral_constant<std::size_t, H * W>{},
                                              detail::GroupNormPlaneSums<G, S>{x.data(), dy.data(), of_groups, sums});
    if (dweight)
      Parallel<Device>::template reduce_columns<S>(workspace, n, std::integral_constant<std::size_t, C>{},
                                                   detail::GroupNormParameters<S>{sums, dweight.data(), dbias.data()});
    if (!dx) return;
    S* const means = frame.template take<S>(2 * n * Groups);
    Parallel<Device>::template reduce_rows<S>(workspace, n * Groups, std::integral_constant<std::size_t, G::each>{},
                                              detail::GroupNormMeans<G, S>{sums, weight.data(), means});
    Parallel<Device>::template map<S>(
        workspace, n * C, std::integral_constant<std::size_t, H * W>{},
        detail::GroupNormBackward<G, S>{x.data(), weight.data(), dy.data(), means, of_groups, dx.data()});
  }
};

}  // namespace odot::kernels
