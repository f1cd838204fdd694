#pragma once
// SPDX-License-Identifier: MIT
// The norm of a relevance map, as a line and as its gradient; the same on every device.

#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/attention_heads/contract.hpp"

namespace odot::kernels::detail {

/// A map's norm as a line: Â = (A − mean) · scale + shift.
template <class S>
struct NormLine {
  S mean, scale, shift;
};

template <HeadNorm Norm, class Weights, class S>
ODOT_HOST_DEVICE NormLine<S> norm_line(const Weights& weights, const S* mean, const S* rstd, std::size_t m) {
  if constexpr (Norm == HeadNorm::none) return {S{0}, S{1}, S{0}};
  else if constexpr (Norm == HeadNorm::plain) return {mean[m], rstd[m], S{0}};
  else return {mean[m], rstd[m] * weights.scale.data()[m], weights.shift.data()[m]};
}

/// What the norm's backward needs of one map: Â = A · scale + offset, and
/// ∂ℓ/∂A = scale · dÂ + by_relevance · A + constant.
template <class S>
struct NormGradient {
  S scale, offset, by_relevance, constant;

  /// From a map's line, its statistics, and the means over the batch of dÂ and of dÂ x̂, x̂ = (A − mean) · rstd:
  /// ∂ℓ/∂A = scale (dÂ − mean(dÂ) − x̂ mean(dÂ x̂))
  ODOT_HOST_DEVICE NormGradient(const NormLine<S>& line, S mean, S rstd, S mean_grad, S mean_product)
      : scale(line.scale), offset(line.shift - line.mean * line.scale), by_relevance(-line.scale * mean_product * rstd),
        constant(-line.scale * (mean_grad - mean_product * rstd * mean)) {}
};

/// Of map m; means [2, maps]: of dÂ and of dÂ x̂. Without a norm none of the statistics is read.
template <HeadNorm Norm, class Weights, class S>
ODOT_HOST_DEVICE NormGradient<S> norm_gradient(const Weights& weights, const S* mean, const S* rstd, const S* means,
                                               std::size_t maps, std::size_t m) {
  const NormLine<S> line = norm_line<Norm>(weights, mean, rstd, m);
  if constexpr (Norm == HeadNorm::none) return NormGradient<S>(line, S{0}, S{1}, S{0}, S{0});
  else return NormGradient<S>(line, mean[m], rstd[m], means[m], means[maps + m]);
}

}  // namespace odot::kernels::detail
