#pragma once
// SPDX-License-Identifier: MIT
// Embedding: learned vectors for token indices.

#include <cstddef>
#include <cstdint>

#include "odot/core/view.hpp"
#include "odot/kernels/embedding/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// One learned vector for each token of a vocabulary: y[l] = weight[x[l]]. It is a model's first layer. The network
/// then takes batches of std::int32_t, which a loader makes from a data::Dataset<Shape<L>, std::int32_t>.
/// Shapes  x [N, L] indices, weight [Vocabulary, Features], drawn from N(0, 1) → y [N, L, Features]
/// Grad    dweight[v] += Σ dy[l] over the l with x[l] = v (added); x has no gradient: dx = 0 (overwritten)
/// Errors  compile time: input of a rank other than 1.  An index outside 0 … Vocabulary − 1 gives a token of NaN, which
///         a training step reports as an output that is not finite
/// Source  same convention as torch.nn.Embedding(Vocabulary, Features)
template <std::size_t Vocabulary, std::size_t Features>
struct Embedding {
  static_assert(Vocabulary > 0 && Features > 0, "odot::nn::Embedding: vocabulary and features must be at least 1");

 private:
  template <ShapeType In>
  struct Rule {
    using output = Shape<In::size, Features>;
    static_assert(In::rank == 1, "odot::nn::Embedding: input must be rank 1, [tokens]");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::output,
                      Parameters<Parameter<"weight", Shape<Vocabulary, Features>, Init::drawn, 1>>> {
    static constexpr bool takes_indices = true;
    static constexpr bool token_wise = true;

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("embedding").add(Vocabulary).add(Features).text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::Embedding<typename decltype(y)::device>::forward(pass.workspace(), as_rows<Shape<1>>(x),
                                                                pass.parameter(weight), as_rows<Shape<Features>>(y));
    }
    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      kernels::Embedding<typename decltype(dy)::device>::backward(pass.workspace(), as_rows<Shape<1>>(x),
                                                                  as_rows<Shape<Features>>(dy), pass.gradient(weight));
      if (dx) dx = 0;
    }

   private:
    /// The tokens of all samples as one batch: [N, L, …] → [N·L, …].
    template <ShapeType Row, ShapeType S, class T, class Device>
    static BatchView<Row, T, Device> as_rows(BatchView<S, T, Device> view) {
      return {view.data(), view.samples() * In::size};
    }
  };
};

}  // namespace odot::nn
