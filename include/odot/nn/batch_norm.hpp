#pragma once
// SPDX-License-Identifier: MIT
// What the batch norms of features, series and images have in common.

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "odot/core/number_text.hpp"
#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/kernels/column_norm.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Options of nn::BatchNorm1d and nn::BatchNorm2d.
struct BatchNormOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< share of the new batch in the running statistics
  bool affine = true;     ///< scale and shift by learned weight and bias
};

/// y = γ (x − μ)/√(σ² + eps) + β per channel, the first axis; batch statistics in training, running ones in predict. A layer
/// derives from it and adds its rank and its words.
/// Shapes  x [N, C, …], weight γ and bias β [C] → y [N, C, …]; buffers running_mean, running_var [C]
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten);  dγ += Σ dy x̂,  dβ += Σ dy (added)
template <ShapeType In, BatchNormOptions Options, std::size_t Channels = In::extents[0]>
struct BatchNormLayer : Layer<In, In,
                              Parameters<OptionalParameter<Options.affine, "weight", Shape<Channels>, Init::one>,
                                         OptionalParameter<Options.affine, "bias", Shape<Channels>, Init::zero>>,
                              Parameters<Parameter<"running_mean", Shape<Channels>, Init::zero>,
                                         Parameter<"running_var", Shape<Channels>, Init::one>>> {
  static constexpr std::size_t channels = Channels;
  static constexpr kernels::NormConstants constants{.eps = Options.eps, .momentum = Options.momentum};
  static constexpr bool couples_samples = true;
  static constexpr std::size_t cache_elements(std::size_t) { return 2 * channels; }

  static constexpr std::uint64_t flop() { return 2 * In::size; }

  static void forward(auto pass, auto x, auto y) {
    using K = kernel<decltype(pass)>;
    const auto in = x.template as<image>();
    const auto out = y.template as<image>();
    const auto scale = pass.parameter_or_empty(weight), shift = pass.parameter_or_empty(bias);
    if (pass.training())
      K::forward_training(pass.workspace(), constants, in, scale, shift, pass.updated_buffer(running_mean),
                          pass.updated_buffer(running_var), statistics(pass), out);
    else
      K::forward_evaluation(pass.workspace(), constants, in, scale, shift, pass.buffer(running_mean),
                            pass.buffer(running_var), out);
  }

  static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
    using P = decltype(pass);
    const TensorView<Shape<2, channels>, const typename P::scalar, typename P::device> saved = statistics(pass);
    kernel<P>::backward(pass.workspace(), x.template as<image>(), pass.parameter_or_empty(weight), saved,
                        dy.template as<image>(), pass.gradient_or_empty(weight), pass.gradient_or_empty(bias),
                        dx.template as<image>());
  }

 private:
  static constexpr bool of_features = In::rank == 1;
  using image = std::conditional_t<of_features, Shape<channels>, Shape<channels, 1, In::size / channels>>;
  template <class P>
  using kernel =
      std::conditional_t<of_features, kernels::ColumnNorm<typename P::device>, kernels::BatchNorm<typename P::device>>;

  template <class P>
  static auto statistics(const P& pass) {
    return TensorView<Shape<2, channels>, typename P::scalar, typename P::device>(pass.cache());
  }
};

namespace detail {

/// `training`: with what matters in training alone.
ODOT_COLD inline std::string batch_norm_words(const char* kind, const BatchNormOptions& options, bool training) {
  return LayerWords(kind)
      .add("eps", number_text::shortest(options.eps))
      .add_if(!options.affine, "not affine")
      .add_if(training, "momentum " + number_text::shortest(options.momentum))
      .text();
}

}  // namespace detail

}  // namespace odot::nn
