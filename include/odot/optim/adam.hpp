#pragma once
// SPDX-License-Identifier: MIT
// Adam and AdamW.

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "odot/kernels/adam.hpp"
#include "odot/optim/optimizer.hpp"

namespace odot::optim {

/// What may differ from group to group.
struct AdamHyperparameters {
  double learning_rate, beta1, beta2, eps, weight_decay;

  ODOT_COLD Snapshot describe() const {
    Snapshot facts;
    facts.set_fact("learning_rate", learning_rate);
    facts.set_fact("beta1", beta1);
    facts.set_fact("beta2", beta2);
    facts.set_fact("eps", eps);
    facts.set_fact("weight_decay", weight_decay);
    return facts;
  }
};

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;       ///< added to the gradient, as an L2 term
  double max_gradient_norm = 0;  ///< the gradient of all parameters is scaled down to this norm; 0: never

  AdamHyperparameters hyperparameters() const { return {learning_rate, beta1, beta2, eps, weight_decay}; }
};

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;    ///< share of a parameter that a step takes away, in learning rates
  double max_gradient_norm = 0;  ///< as in AdamOptions

  AdamHyperparameters hyperparameters() const { return {learning_rate, beta1, beta2, eps, weight_decay}; }
};

/// A group's own options for Adam or AdamW; the rest are the optimizer's.
struct AdamGroupOptions {
  std::optional<double> learning_rate{}, beta1{}, beta2{}, eps{}, weight_decay{};

  AdamHyperparameters over(const AdamHyperparameters& rest) const {
    return {learning_rate.value_or(rest.learning_rate), beta1.value_or(rest.beta1), beta2.value_or(rest.beta2),
            eps.value_or(rest.eps), weight_decay.value_or(rest.weight_decay)};
  }
};

namespace detail {

/// What Adam and AdamW share. Decoupled: how the weight decay acts.
template <class Derived, class Options, bool Decoupled>
class AdamUpdate : public Optimizer<Derived, Options> {
 public:
  static constexpr std::size_t state_blocks = 2;  // first moment, second moment
  static constexpr std::array<std::string_view, state_blocks> state_names{"exp_avg", "exp_avg_sq"};
  static constexpr std::string_view name = Decoupled ? "AdamW" : "Adam";

  /// Gradients with larger elements are refused: their squares may overflow the scalar.
  template <class Scalar>
  static Scalar largest_gradient() {
    return std::sqrt((std::numeric_limits<Scalar>::max)()) / 2;
  }

  explicit AdamUpdate(Options options, const std::vector<Group<AdamGroupOptions>>& groups)
      : Optimizer<Derived, Options>(options, groups) {}

  ODOT_COLD static void require_valid(const AdamHyperparameters& o) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    require_range("learning_rate", o.learning_rate, 0, infinity);
    require_range("beta1", o.beta1, 0, 1);
    require_range("beta2", o.beta2, 0, 1);
    require_range("eps", o.eps, 0, infinity);
    require_range("weight_decay", o.weight_decay, 0, infinity);
  }

  template <class Scalar>
  ODOT_COLD static void check_held(const AdamHyperparameters& o) {
    using Limits = std::numeric_limits<Scalar>;
    require_held<Scalar>("learning_rate", o.learning_rate);
    require_below_one<Scalar>("beta1", o.beta1);
    require_below_one<Scalar>("beta2", o.beta2);
    // With a smaller eps, a second moment that underflows would make the denominator almost 0, and its weight leap.
    require_held<Scalar>("eps", o.eps, std::sqrt(static_cast<double>((Limits::min)())));
    require_held<Scalar>("weight_decay", o.weight_decay);
  }

  template <DeviceType Device, class Scalar>
  void update(NetworkState<Device, Scalar>& network, const Range<AdamHyperparameters>& range, double factor) {
    const AdamHyperparameters& o = range.hyperparameters;
    const kernels::AdamStep step{o.learning_rate * factor, o.beta1,       o.beta2,  o.eps,
                                 o.weight_decay,           this->steps(), Decoupled};
    const std::span<const Scalar> gradient = network.gradients().subspan(range.offset, range.size);
    kernels::Adam<Device>::update(
        network.workspace(), step, gradient, network.parameters().subspan(range.offset, range.size),
        this->template state_part<Scalar, Device>(0, range), this->template state_part<Scalar, Device>(1, range));
  }
};

}  // namespace detail

/// Adam with the papers' defaults. Groups give some parameters their own options; what a group doesn't set is the
/// optimizer's, as in PyTorch:
///     optim::Adam adam{{.learning_rate = 1e-3}, {{"*.heads.weight_*", {.learning_rate = 0.1}}}};
/// Errors  ArgumentError: options out of range; at the first step, a group that matches no parameter, and options that
///         the network's scalar can't hold (in float a beta of 1 − 1e-8, or an eps of 1e-30)
///         NonFiniteError, at a step: a gradient that is not finite, or whose square isn't (on a GPU nobody waits for
///         that: the parameter becomes NaN)
/// Memory  two numbers per parameter
/// Source  Kingma, Ba, 2015; same convention as torch.optim.Adam
class Adam : public detail::AdamUpdate<Adam, AdamOptions, false> {
 public:
  explicit Adam(AdamOptions options = {}, const std::vector<Group<AdamGroupOptions>>& groups = {})
      : AdamUpdate(options, groups) {}
};

/// Adam whose weight decay takes a share of each parameter instead of adding to the gradient; groups as in Adam:
///     optim::AdamW adam{{.weight_decay = 0.05}, {{"*.bias", {.weight_decay = 0}}}};
/// Errors, Memory  as in Adam
/// Source  Loshchilov, Hutter, "Decoupled weight decay regularization", 2019; same convention as torch.optim.AdamW
class AdamW : public detail::AdamUpdate<AdamW, AdamWOptions, true> {
 public:
  explicit AdamW(AdamWOptions options = {}, const std::vector<Group<AdamGroupOptions>>& groups = {})
      : AdamUpdate(options, groups) {}
};

#if ODOT_HAS_LIBRARY
ODOT_INSTANTIATION template void Optimizer<Adam, AdamOptions>::step(NetworkState<Cpu, float>&, double);
ODOT_INSTANTIATION template void Optimizer<Adam, AdamOptions>::step(NetworkState<Cpu, double>&, double);
ODOT_INSTANTIATION template Snapshot Optimizer<Adam, AdamOptions>::describe() const;
ODOT_INSTANTIATION template Optimizer<Adam, AdamOptions>::Optimizer(AdamOptions,
                                                                    const std::vector<Group<AdamGroupOptions>>&);
ODOT_INSTANTIATION template void Optimizer<AdamW, AdamWOptions>::step(NetworkState<Cpu, float>&, double);
ODOT_INSTANTIATION template void Optimizer<AdamW, AdamWOptions>::step(NetworkState<Cpu, double>&, double);
ODOT_INSTANTIATION template Snapshot Optimizer<AdamW, AdamWOptions>::describe() const;
ODOT_INSTANTIATION template Optimizer<AdamW, AdamWOptions>::Optimizer(AdamWOptions,
                                                                      const std::vector<Group<AdamGroupOptions>>&);
#endif

}  // namespace odot::optim
