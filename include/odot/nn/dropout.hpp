#pragma once
// SPDX-License-Identifier: MIT
// Dropout.

#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/core/number_text.hpp"
#include "odot/kernels/add.hpp"
#include "odot/kernels/dropout.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// A number that can be a template argument with any compiler: nn::Dropout<0.1>.
struct Probability {
  constexpr Probability(double p) : value(p) {}  // NOLINT: implicit by design
  double value;
};

/// y = mask ⊙ x/(1 − P) in training, y = x in predict; Kernel: kernels::Dropout, or another one with its functions. A layer
/// derives from it and adds its words and its shape rule.
template <ShapeType In, Probability P, template <class> class Kernel>
struct DropoutLayer : Layer<In, In> {
  static constexpr bool backward_reads_input = false;
  static constexpr bool in_place = true;

  static void forward(auto pass, auto x, auto y) {
    using D = typename decltype(pass)::device;
    if (pass.training() && P.value > 0) Kernel<D>::forward(pass.workspace(), mask(pass), x, y);
    else kernels::Add<D>::copy(pass.workspace(), x, y);
  }
  static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
    using D = typename decltype(pass)::device;
    if (!dx) return;
    // y = mask ⊙ x/(1 − P)
    if (P.value > 0) Kernel<D>::forward(pass.workspace(), mask(pass), dy, dx);
    else kernels::Add<D>::copy(pass.workspace(), dy, dx);
  }

 private:
  static kernels::DropoutMask mask(const auto& pass) { return {pass.random(), P.value, pass.first_sample()}; }
};

namespace detail {

/// Dropout is no part of what a network computes, only of how it is trained.
ODOT_COLD inline void describe_dropout(const char* kind, double probability, LayerParts& parts) {
  if (parts.training && probability > 0)
    parts.push_back(LayerWords(kind).add(number_text::shortest(probability)).text());
}

}  // namespace detail

/// Drops elements with probability P in training, and scales the others by 1/(1 − P); y = x in predict.
/// The mask is a function of the network's seed, its training step, the layer and the element: the same in forward and
/// backward, whatever the pieces of the batch and the number of threads. It is not stored.
/// Shapes  x [N, …] → y [N, …]; in place where the layer before it allows
/// Grad    dx = dy/(1 − P) where the element was kept, else 0 (overwritten)
/// Errors  compile time: P outside [0, 1)
/// Source  Srivastava et al., 2014; same convention as torch.nn.Dropout
template <Probability P>
struct Dropout {
  template <ShapeType In>
  struct bind : DropoutLayer<In, P, kernels::Dropout> {
    static constexpr bool token_wise = true;

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) { detail::describe_dropout("dropout", P.value, parts); }
  };

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(P.value >= 0 && P.value < 1, "odot::nn::Dropout: the probability must be at least 0 and less than 1");
};

}  // namespace odot::nn
