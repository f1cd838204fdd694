#pragma once
// SPDX-License-Identifier: MIT
// Adam's update.

#include <cmath>
#include <cstddef>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/split.hpp"
#include "odot/kernels/subnormal.hpp"

namespace odot::kernels {

/// The numbers of one Adam update.
struct AdamStep {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  std::size_t step = 1;    ///< counted from 1
  bool decoupled = false;  ///< weight decay acts on the parameter by itself, not through the gradient
};

/// The same as factors of the scalar. 1 − β and what depends on it are taken in double, then rounded: a float β is too far
/// from β for that.
template <class Scalar>
struct AdamFactors {
  Split<Scalar> beta1, beta2;
  Scalar new1, new2;     ///< 1 − β₁, 1 − β₂
  Scalar eps;            //
  Scalar coupled_decay;  ///< added to the gradient, in parameters
  Scalar lost;           ///< share of the parameter that decoupled decay takes away
  Scalar rate;           ///< learning_rate / (1 − β₁ᵗ)
  Scalar root;           ///< 1 / √(1 − β₂ᵗ)
  Scalar least_second;   ///< second moments below it become 0: only where they vanish beside eps

  explicit AdamFactors(const AdamStep& s)
      : beta1(s.beta1), beta2(s.beta2), new1(static_cast<Scalar>(1 - s.beta1)), new2(static_cast<Scalar>(1 - s.beta2)),
        eps(static_cast<Scalar>(s.eps)), coupled_decay(static_cast<Scalar>(s.decoupled ? 0 : s.weight_decay)),
        lost(static_cast<Scalar>(s.decoupled ? s.learning_rate * s.weight_decay : 0)),
        rate(static_cast<Scalar>(s.learning_rate / (1 - std::pow(s.beta1, static_cast<double>(s.step))))),
        root(static_cast<Scalar>(1 / std::sqrt(1 - std::pow(s.beta2, static_cast<double>(s.step))))),
        least_second(s.eps * 1e-10 > std::sqrt(static_cast<double>(least_moment<Scalar>)) ? least_moment<Scalar>
                                                                                          : Scalar{0}) {}
};

namespace detail {

template <class S>
struct AdamUpdate {
  AdamFactors<S> f;
  const S* gradient;
  S *parameter, *first_moment, *second_moment;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto p = run.load(parameter), m = run.load(first_moment), v = run.load(second_moment);
    const auto g = run.load(gradient) + f.coupled_decay * p;
    const auto new_m = without_tiny(f.beta1.high * m + (f.beta1.low * m + f.new1 * g), least_moment<S>);
    const auto new_v = without_tiny(f.beta2.high * v + (f.beta2.low * v + f.new2 * g * g), f.least_second);
    const auto moved = f.lost * p + f.rate * new_m / (sqrt(new_v) * f.root + f.eps);
    run.store(first_moment, new_m);
    run.store(second_moment, new_v);
    run.store(parameter, p - (moved + (new_v - new_v)));  // v − v: 0, or NaN where v overflowed
  }
};

}  // namespace detail

/// g' = g + weight_decay·p;  m = β₁ m + (1−β₁) g';  v = β₂ v + (1−β₂) g'²;
/// p −= learning_rate · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + eps)
/// Decoupled: g' = g, and before that p −= learning_rate · weight_decay · p.
/// Spans of equal length; p, m, v updated in place. One pass over memory. A second moment v that overflows makes its
/// parameter NaN: it would else never move again, and nobody would see it. Moments below the smallest normal number become
/// 0, the second one if eps is so large that it makes no difference.
/// Source  Kingma, Ba, "Adam", 2015, algorithm 1; Loshchilov, Hutter, "Decoupled weight decay regularization", 2019,
///         algorithm 2; same convention as torch.optim.Adam and torch.optim.AdamW
template <class Device>
struct Adam {
  template <class S>
  static void update(Workspace<Device>& workspace, const AdamStep& step, std::span<const S> gradient,
                     std::span<S> parameter, std::span<S> first_moment, std::span<S> second_moment) {
    Parallel<Device>::template map<S>(workspace, 1, parameter.size(),
                                      detail::AdamUpdate<S>{AdamFactors<S>(step), gradient.data(), parameter.data(),
                                                            first_moment.data(), second_moment.data()});
  }
};

}  // namespace odot::kernels
