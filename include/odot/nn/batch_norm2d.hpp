#pragma once
// SPDX-License-Identifier: MIT
// BatchNorm2d.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct BatchNorm2dOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< share of the new batch in the running statistics
  bool affine = true;     ///< scale and shift by learned weight and bias
};

/// Batch normalisation per channel: y = γ (x − μ)/√(σ² + eps) + β; batch statistics in training, running ones in
/// predict.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] → y [N, C, H, W]; buffers running_mean, running_var [C]
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Errors  compile time: input of a rank other than 3
/// Source  Ioffe, Szegedy, 2015; same convention as torch.nn.BatchNorm2d (eps 1e-5, momentum 0.1)
template <BatchNorm2dOptions Options = BatchNorm2dOptions{}>
struct BatchNorm2d {
  template <ShapeType In>
  struct bind : Layer<In, In,
                      Parameters<OptionalParameter<Options.affine, "weight", Shape<In::extents[0]>, Init::one>,
                                 OptionalParameter<Options.affine, "bias", Shape<In::extents[0]>, Init::zero>>,
                      Parameters<Parameter<"running_mean", Shape<In::extents[0]>, Init::zero>,
                                 Parameter<"running_var", Shape<In::extents[0]>, Init::one>>> {
    static_assert(In::rank == 3, "odot::nn::BatchNorm2d: input must be rank 3, [channels, height, width]");
    static constexpr std::size_t channels = In::extents[0];
    static constexpr kernels::NormConstants constants{.eps = Options.eps, .momentum = Options.momentum};
    static constexpr bool couples_samples = true;
    static constexpr std::size_t cache_elements(std::size_t) { return 2 * channels; }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      parts.push_back(LayerWords("batch_norm2d")
                          .add("eps", number_text::shortest(Options.eps))
                          .add_if(!Options.affine, "not affine")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using K = kernels::BatchNorm<typename decltype(pass)::device>;
      const auto scale = pass.parameter_or_empty(weight), shift = pass.parameter_or_empty(bias);
      if (pass.training())
        K::forward_training(pass.workspace(), constants, x, scale, shift, pass.updated_buffer(running_mean),
                            pass.updated_buffer(running_var), statistics(pass), y);
      else
        K::forward_evaluation(pass.workspace(), constants, x, scale, shift, pass.buffer(running_mean),
                              pass.buffer(running_var), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      const TensorView<Shape<2, channels>, const typename P::scalar, typename P::device> saved = statistics(pass);
      kernels::BatchNorm<typename P::device>::backward(pass.workspace(), x, pass.parameter_or_empty(weight), saved, dy,
                                                       pass.gradient_or_empty(weight), pass.gradient_or_empty(bias),
                                                       dx);
    }

   private:
    template <class P>
    static auto statistics(const P& pass) {
      return TensorView<Shape<2, channels>, typename P::scalar, typename P::device>(pass.cache());
    }
  };
};

}  // namespace odot::nn
