#pragma once
// SPDX-License-Identifier: MIT
// GroupNorm: normalises groups of channels of each sample.

#include <cstddef>
#include <cstdint>

#include "odot/core/number_text.hpp"
#include "odot/kernels/group_norm.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct GroupNormOptions {
  double eps = 1e-5;   ///< added to the variance
  bool affine = true;  ///< whether there are a learned scale (weight) and shift (bias)
};

/// Normalises groups of C/Groups neighbouring channels, sample by sample: y = γ_c (x − μ)/√(σ² + eps) + β_c.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] → y [N, C, H, W]
/// Grad    g = γ dy: dx = (g − mean(g) − x̂ mean(g x̂))/√(σ² + eps), means over the group (overwritten);
///         dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Errors  compile time: input of a rank other than 3; a number of groups that does not divide the channels
/// Memory  in training, three numbers per group and sample: kernels::detail::RowStatistics
/// Source  Wu, He, 2018; same convention as torch.nn.GroupNorm(Groups, C)
template <std::size_t Groups, GroupNormOptions Options = GroupNormOptions{}>
struct GroupNorm {
 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t channels = In::rank > 0 ? In::extents[0] : 1;
    static constexpr bool divides = Groups > 0 && channels % (Groups > 0 ? Groups : 1) == 0;
    using parameters = Parameters<OptionalParameter<Options.affine, "weight", Shape<channels>, Init::one>,
                                  OptionalParameter<Options.affine, "bias", Shape<channels>, Init::zero>>;
    static_assert(In::rank == 3, "odot::nn::GroupNorm: input must be rank 3, [channels, height, width]");
    static_assert(divides, "odot::nn::GroupNorm: the number of groups must divide the number of channels");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, In, typename Rule<In>::parameters> {
    static constexpr std::size_t cache_elements(std::size_t n) { return 3 * Groups * n; }

    static constexpr std::uint64_t flop() { return (Options.affine ? 7 : 5) * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("group_norm")
                          .add(Groups)
                          .add("eps", number_text::shortest(Options.eps))
                          .add_if(!Options.affine, "not affine")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      auto frame = pass.workspace().frame();
      auto* const memory =
          pass.training() ? pass.cache() : frame.template take<typename P::scalar>(3 * Groups * x.samples());
      kernels::GroupNorm<typename P::device>::template forward<Groups>(
          pass.workspace(), Options.eps, x, pass.parameter_or_empty(weight), pass.parameter_or_empty(bias),
          BatchView<Shape<3 * Groups>, typename P::scalar, typename P::device>(memory, x.samples()), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      kernels::GroupNorm<typename P::device>::template backward<Groups>(
          pass.workspace(), x, pass.parameter_or_empty(weight),
          BatchView<Shape<3 * Groups>, const typename P::scalar, typename P::device>(pass.cache(), x.samples()), dy,
          pass.gradient_or_empty(weight), pass.gradient_or_empty(bias), dx);
    }
  };
};

}  // namespace odot::nn
