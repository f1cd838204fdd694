#pragma once
// SPDX-License-Identifier: MIT
// Linear: the fully connected layer.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/linear/linear.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Fully connected layer: y = x Wᵀ + b.
/// Shapes  x [N, In], weight [Out, In], bias [Out] → y [N, Out]
/// Grad    dx = dy W (overwritten);  dW += dyᵀ x,  db += Σₙ dy (added)
/// Errors  compile time: input of a rank other than 1
/// Cost    2·N·In·Out FLOP forward, twice that backward
/// Source  same convention as torch.nn.Linear
template <std::size_t OutFeatures, bool Bias = true>
struct Linear {
  static_assert(OutFeatures > 0, "odot::nn::Linear: out_features must be at least 1");

  template <ShapeType In>
  struct bind : Layer<In, Shape<OutFeatures>,
                      std::conditional_t<Bias,
                                         Parameters<Parameter<"weight", Shape<OutFeatures, In::size>>,
                                                    Parameter<"bias", Shape<OutFeatures>, Init::zero>>,
                                         Parameters<Parameter<"weight", Shape<OutFeatures, In::size>>>>> {
    static_assert(In::rank == 1, "odot::nn::Linear: input must be rank 1, [features]; put nn::Flatten before it");

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      kernels::Linear<typename P::device>::forward(pass.workspace(), x, pass.parameter(weight), bias_of(pass), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      TensorView<Shape<OutFeatures>, typename P::scalar, typename P::device> dbias;
      if constexpr (Bias) dbias = pass.gradient(bias);
      kernels::Linear<typename P::device>::backward(pass.workspace(), x, pass.parameter(weight), dy,
                                                    pass.gradient(weight), dbias, dx);
    }

   private:
    template <class P>
    static auto bias_of(const P& pass) {
      TensorView<Shape<OutFeatures>, const typename P::scalar, typename P::device> b;
      if constexpr (Bias) b = pass.parameter(bias);
      return b;
    }
  };
};

}  // namespace odot::nn
