#pragma once
// SPDX-License-Identifier: MIT
// PatchEmbedding: an image as a sequence of tokens.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/linear/contract.hpp"
#include "odot/kernels/patches.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Cuts an image into Patch × Patch patches, in row-major order, and maps each linearly to a token: a convolution whose
/// stride is its kernel.
/// Shapes  x [N, C, H, W], weight [Features, C, Patch, Patch], bias [Features] → y [N, (H/Patch)·(W/Patch), Features]
/// Grad    dx overwritten;  dW, db added
/// Errors  compile time: input of a rank other than 3; a patch that does not divide height and width
/// Cost    2·C·H·W·Features FLOP forward, twice that backward
/// Source  Dosovitskiy et al., "An image is worth 16×16 words", 2021; same numbers as torch.nn.Conv2d with
///         stride = kernel_size, followed by flatten(2).transpose(1, 2)
template <std::size_t Patch, std::size_t Features>
struct PatchEmbedding {
 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t extent(std::size_t axis) { return axis < In::rank ? In::extents[axis] : Patch; }
    static constexpr bool fits = In::rank != 3 || (extent(1) % Patch == 0 && extent(2) % Patch == 0);
    // After a failed rule, any valid shape: one error is enough.
    using geometry =
        kernels::PatchGeometry<std::conditional_t<In::rank == 3 && fits, In, Shape<extent(0), Patch, Patch>>, Patch>;
    // Last: after a failed assertion, compilers skip the rest of a class.
    static_assert(In::rank == 3, "odot::nn::PatchEmbedding: input must be rank 3, [channels, height, width]");
    static_assert(fits, "odot::nn::PatchEmbedding: the patch must divide height and width; crop or pad the images");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, Shape<Rule<In>::geometry::count, Features>,
                      Parameters<Parameter<"weight", Shape<Features, Rule<In>::geometry::C, Patch, Patch>>,
                                 Parameter<"bias", Shape<Features>, Init::zero>>> {
    using geometry = typename Rule<In>::geometry;
    /// Patches and their gradient.
    static constexpr std::size_t gradient_elements(std::size_t n) { return 2 * In::size * n; }

    static constexpr std::size_t prediction_elements() { return In::size; }
    static constexpr std::uint64_t flop() { return 2 * In::size * Features; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("patch_embedding").add(Features).add("patch", Patch).text());
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      auto frame = pass.workspace().frame();
      const auto patches = gather(pass, x, frame);
      kernels::Linear<typename P::device>::forward(pass.workspace(), detail::as_tokens(patches), matrix_of(pass),
                                                   pass.parameter(bias), detail::as_tokens(y));
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      using S = typename P::scalar;
      using D = typename P::device;
      auto frame = pass.workspace().frame();
      const auto patches = gather(pass, x, frame);
      BatchView<typename geometry::patches, S, D> dpatches;
      if (dx) dpatches.rebind({frame.template take<S>(x.size()), x.samples()});
      // y = patches Wᵀ + b
      kernels::Linear<D>::backward(pass.workspace(), detail::as_tokens(patches), matrix_of(pass), detail::as_tokens(dy),
                                   pass.gradient(weight).template as<matrix>(), pass.gradient(bias),
                                   detail::as_tokens(dpatches));
      const BatchView<typename geometry::patches, const S, D> gradient = dpatches;
      if (dx) kernels::Patches<D>::template scatter<geometry>(pass.workspace(), gradient, dx);
    }

   private:
    using matrix = Shape<Features, geometry::size>;

    static auto matrix_of(const auto& pass) { return pass.parameter(weight).template as<matrix>(); }

    template <class P>
    static auto gather(const P& pass, auto x, auto& frame) {
      using S = typename P::scalar;
      const BatchView<typename geometry::patches, S, typename P::device> patches(frame.template take<S>(x.size()),
                                                                                 x.samples());
      kernels::Patches<typename P::device>::template gather<geometry>(pass.workspace(), x, patches);
      return BatchView<typename geometry::patches, const S, typename P::device>(patches);
    }
  };

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(Patch > 0 && Features > 0, "odot::nn::PatchEmbedding: patch and features must be at least 1");
};

}  // namespace odot::nn
