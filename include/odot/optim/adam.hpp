#pragma once
// SPDX-License-Identifier: MIT
// Adam and AdamW.

#include <limits>
#include <span>
#include <vector>

#include "odot/kernels/adam/adam.hpp"
#include "odot/optim/optimizer.hpp"

namespace odot::optim {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;       ///< added to the gradient, as an L2 term
  double max_gradient_norm = 0;  ///< the whole gradient is scaled down to this norm; 0: never. Not in groups
};

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;    ///< share of a parameter that a step takes away, in learning rates
  double max_gradient_norm = 0;  ///< the whole gradient is scaled down to this norm; 0: never. Not in groups
};

namespace detail {

/// What Adam and AdamW share. Decoupled: how the weight decay acts.
template <class Derived, class Options, bool Decoupled>
class AdamUpdate : public Optimizer<Derived, Options> {
 public:
  static constexpr std::size_t state_blocks = 2;  // first moment, second moment

  explicit AdamUpdate(Options options, std::vector<Group<Options>> groups)
      : Optimizer<Derived, Options>(options, groups) {
    check(options);
    for (const auto& group : groups) check(group.options);
  }

  template <DeviceType Device, class Scalar>
  void update(NetworkState<Device, Scalar>& network, const Range<Options>& range, double factor) {
    const Options& o = range.options;
    const kernels::AdamStep step{o.learning_rate * factor, o.beta1,       o.beta2,  o.eps,
                                 o.weight_decay,           this->steps(), Decoupled};
    const std::span<const Scalar> gradient = network.gradients().subspan(range.offset, range.size);
    kernels::Adam<Device>::update(
        network.workspace(), step, gradient, network.parameters().subspan(range.offset, range.size),
        this->template state_part<Scalar, Device>(0, range), this->template state_part<Scalar, Device>(1, range));
  }

 private:
  static void check(const Options& o) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    require_range("learning_rate", o.learning_rate, 0, infinity);
    require_range("beta1", o.beta1, 0, 1);
    require_range("beta2", o.beta2, 0, 1);
    require_range("eps", o.eps, 0, infinity);
    require_range("weight_decay", o.weight_decay, 0, infinity);
  }
};

}  // namespace detail

/// Adam with the papers' defaults. Groups give some parameters options of their own:
///     optim::Adam adam{{.learning_rate = 1e-3}, {{"*.heads.weight_*", {.learning_rate = 0.1}}}};
/// A group's options stand for themselves: what they don't name has its default, not the value of the rest.
/// Errors  ArgumentError: options out of range; a group that serves no parameter (at the first step)
/// Memory  two numbers a parameter
/// Source  Kingma, Ba, 2015; same convention as torch.optim.Adam
class Adam : public detail::AdamUpdate<Adam, AdamOptions, false> {
 public:
  explicit Adam(AdamOptions options = {}, std::vector<Group<AdamOptions>> groups = {}) : AdamUpdate(options, groups) {}
};

/// Adam whose weight decay takes a share of each parameter instead of adding to the gradient; groups as in Adam:
///     optim::AdamW adam{{.weight_decay = 0.05}, {{"*.bias", {.weight_decay = 0}}}};
/// Errors, Memory  as in Adam
/// Source  Loshchilov, Hutter, "Decoupled weight decay regularization", 2019; same convention as torch.optim.AdamW
class AdamW : public detail::AdamUpdate<AdamW, AdamWOptions, true> {
 public:
  explicit AdamW(AdamWOptions options = {}, std::vector<Group<AdamWOptions>> groups = {})
      : AdamUpdate(options, groups) {}
};

}  // namespace odot::optim
