#pragma once
// SPDX-License-Identifier: MIT
// BatchNorm2d.

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Batch normalisation per channel: y = γ (x − μ)/√(σ² + eps) + β; batch statistics in training, running ones in predict.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] → y [N, C, H, W]; buffers running_mean, running_var [C]
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Errors  compile time: input of a rank other than 3
/// Source  Ioffe, Szegedy, 2015; same convention as torch.nn.BatchNorm2d (eps 1e-5, momentum 0.1)
template <bool Affine = true, kernels::NormConstants Constants = kernels::NormConstants{}>
struct BatchNorm2d {
  template <ShapeType In>
  struct bind : Layer<In, In,
                      std::conditional_t<Affine,
                                         Parameters<Parameter<"weight", Shape<In::extents[0]>, Init::one>,
                                                    Parameter<"bias", Shape<In::extents[0]>, Init::zero>>,
                                         Parameters<>>,
                      Parameters<Parameter<"running_mean", Shape<In::extents[0]>, Init::zero>,
                                 Parameter<"running_var", Shape<In::extents[0]>, Init::one>>> {
    static_assert(In::rank == 3, "odot::nn::BatchNorm2d: input must be rank 3, [channels, height, width]");
    static constexpr std::size_t channels = In::extents[0];
    static constexpr bool couples_samples = true;
    static constexpr std::size_t cache_elements(std::size_t) { return 2 * channels; }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      parts.push_back(LayerWords("batch_norm2d")
                          .add("eps", number_text::shortest(Constants.eps))
                          .add_if(!Affine, "not affine")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      using K = kernels::BatchNorm<typename P::device>;
      TensorView<Shape<channels>, const typename P::scalar, typename P::device> scale, shift;
      if constexpr (Affine) {
        scale.rebind(pass.parameter(weight));
        shift.rebind(pass.parameter(bias));
      }
      if (pass.training())
        K::forward_training(pass.workspace(), Constants, x, scale, shift, pass.updated_buffer(running_mean),
                            pass.updated_buffer(running_var), statistics(pass), y);
      else
        K::forward_evaluation(pass.workspace(), Constants, x, scale, shift, pass.buffer(running_mean),
                              pass.buffer(running_var), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      using Scalar = typename P::scalar;
      TensorView<Shape<channels>, const Scalar, typename P::device> scale;
      TensorView<Shape<channels>, Scalar, typename P::device> dscale, dshift;
      if constexpr (Affine) {
        scale.rebind(pass.parameter(weight));
        dscale.rebind(pass.gradient(weight));
        dshift.rebind(pass.gradient(bias));
      }
      const TensorView<Shape<2, channels>, const Scalar, typename P::device> saved = statistics(pass);
      kernels::BatchNorm<typename P::device>::backward(pass.workspace(), x, scale, saved, dy, dscale, dshift, dx);
    }

   private:
    template <class P>
    static auto statistics(const P& pass) {
      return TensorView<Shape<2, channels>, typename P::scalar, typename P::device>(pass.cache());
    }
  };
};

}  // namespace odot::nn
