#pragma once
// SPDX-License-Identifier: MIT
// Stochastic gradient descent with momentum.

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "odot/kernels/sgd.hpp"
#include "odot/optim/optimizer.hpp"

namespace odot::optim {

/// What may differ from group to group.
struct SGDHyperparameters {
  double learning_rate, momentum, weight_decay;
  bool nesterov;

  ODOT_COLD Snapshot describe() const {
    Snapshot facts;
    facts.set_fact("learning_rate", learning_rate);
    facts.set_fact("momentum", momentum);
    facts.set_fact("weight_decay", weight_decay);
    facts.set_fact("nesterov", nesterov);
    return facts;
  }
};

struct SGDOptions {
  double learning_rate = 1e-2;
  double momentum = 0;
  double weight_decay = 0;  ///< added to the gradient, as an L2 term
  bool nesterov = false;
  double max_gradient_norm = 0;  ///< the gradient of all parameters is scaled down to this norm; 0: never

  SGDHyperparameters hyperparameters() const { return {learning_rate, momentum, weight_decay, nesterov}; }
};

/// A group's own options; the rest are the optimizer's.
struct SGDGroupOptions {
  std::optional<double> learning_rate{}, momentum{}, weight_decay{};
  std::optional<bool> nesterov{};

  SGDHyperparameters over(const SGDHyperparameters& rest) const {
    return {learning_rate.value_or(rest.learning_rate), momentum.value_or(rest.momentum),
            weight_decay.value_or(rest.weight_decay), nesterov.value_or(rest.nesterov)};
  }
};

/// Stochastic gradient descent, with momentum if it is not 0; groups as in Adam.
/// Errors  ArgumentError: options out of range; at the first step, a group that matches no parameter, and options that
///         the network's scalar can't hold
/// Memory  one number per parameter
/// Source  Sutskever et al., 2013; same convention as torch.optim.SGD with dampening 0
class SGD : public Optimizer<SGD, SGDOptions> {
 public:
  static constexpr std::size_t state_blocks = 1;  // velocity
  static constexpr std::array<std::string_view, state_blocks> state_names{"momentum_buffer"};
  static constexpr std::string_view name = "SGD";

  explicit SGD(SGDOptions options = {}, const std::vector<Group<SGDGroupOptions>>& groups = {})
      : Optimizer(options, groups) {}

  ODOT_COLD static void require_valid(const SGDHyperparameters& o) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    require_range("learning_rate", o.learning_rate, 0, infinity);
    require_range("momentum", o.momentum, 0, 1);
    require_range("weight_decay", o.weight_decay, 0, infinity);
  }

  template <class Scalar>
  ODOT_COLD static void check_held(const SGDHyperparameters& o) {
    require_held<Scalar>("learning_rate", o.learning_rate);
    require_below_one<Scalar>("momentum", o.momentum);
    require_held<Scalar>("weight_decay", o.weight_decay);
  }

  template <DeviceType Device, class Scalar>
  void update(NetworkState<Device, Scalar>& network, const Range<SGDHyperparameters>& range, double factor) {
    const SGDHyperparameters& o = range.hyperparameters;
    const kernels::SGDStep step{o.learning_rate * factor, o.momentum, o.weight_decay, o.nesterov};
    const std::span<const Scalar> gradient = network.gradients().subspan(range.offset, range.size);
    kernels::SGD<Device>::update(network.workspace(), step, gradient,
                                 network.parameters().subspan(range.offset, range.size),
                                 state_part<Scalar, Device>(0, range));
  }
};

#if ODOT_HAS_LIBRARY
ODOT_INSTANTIATION template void Optimizer<SGD, SGDOptions>::step(NetworkState<Cpu, float>&, double);
ODOT_INSTANTIATION template void Optimizer<SGD, SGDOptions>::step(NetworkState<Cpu, double>&, double);
ODOT_INSTANTIATION template Snapshot Optimizer<SGD, SGDOptions>::describe() const;
ODOT_INSTANTIATION template Optimizer<SGD, SGDOptions>::Optimizer(SGDOptions,
                                                                  const std::vector<Group<SGDGroupOptions>>&);
#endif

}  // namespace odot::optim
