#pragma once
// SPDX-License-Identifier: MIT
// Gate: the input times the output of layers.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/gate.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::nn {

/// y = x ⊙ F(x), where F is the given layers one after the other. F's output has x's shape, or one number for each
/// channel of x.
/// Shapes  x [N, In...]; F(x) [N, In...], or for images [N, C, H, W] also [N, C] and [N, C, 1, 1] → y [N, In...]
/// Params  F's, by their position or their nn::Named
/// Grad    dx = (∂F/∂x)ᵀ df + dy ⊙ F(x), df = dy ⊙ x, summed over a channel (overwritten); F's own (added)
/// Errors  compile time: an F of another shape
template <class... Layers>
struct Gate {
  template <ShapeType In>
  struct bind : Sequential<In, Layers...> {
   private:
    using F = Sequential<In, Layers...>;
    using factors = typename F::output_shape;
    template <ShapeType S>
    static constexpr bool per_channel() {
      if constexpr (S::rank == 3)
        return std::is_same_v<factors, Shape<S::extents[0]>> || std::is_same_v<factors, Shape<S::extents[0], 1, 1>>;
      else return false;
    }
    static_assert(std::is_same_v<factors, In> || per_channel<In>(),
                  "odot::nn::Gate: the layers' output must have the input's shape, or one number per channel");

   public:
    using output_shape = In;
    static constexpr bool backward_reads_input = true;
    static constexpr bool backward_reads_output = false;
    static constexpr bool log_probabilities = false;
    static constexpr bool has_step = false;
    static constexpr std::size_t added_tokens = 0;
    using without_step = bind;
    static constexpr std::size_t cache_elements(std::size_t n) {
      return detail::aligned(F::cache_elements(n)) + detail::aligned(factors::size * n);
    }
    static constexpr std::size_t gradient_elements(std::size_t n) {
      return detail::aligned(factors::size * n) + F::gradient_elements(n);
    }

    static constexpr std::size_t prediction_elements() { return F::output_shape::size + F::prediction_elements(); }
    static constexpr std::uint64_t flop() { return detail::sum_flop({F::flop(), In::size}); }

    ODOT_COLD static void describe(LayerParts& parts) {
      LayerParts inner = parts.inner();
      F::describe(inner);
      parts.push_back(LayerWords("gate").add(joined_layers(inner)).text());
    }

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(y)::device;
      using Scalar = typename decltype(y)::scalar;
      auto frame = pass.workspace().frame();
      Scalar* const memory = pass.training() ? pass.cache() + detail::aligned(F::cache_elements(x.samples()))
                                             : frame.template take<Scalar>(factors::size * x.samples());
      const BatchView<factors, Scalar, D> f(memory, x.samples());
      F::forward(pass, x, f);
      kernels::Gate<D>::forward(pass.workspace(), x, BatchView<factors, const Scalar, D>(f), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(dx)::device;
      using Scalar = typename decltype(dx)::scalar;
      auto frame = pass.workspace().frame();
      const BatchView<factors, const Scalar, D> f(pass.cache() + detail::aligned(F::cache_elements(x.samples())),
                                                  x.samples());
      const BatchView<factors, Scalar, D> df(frame.template take<Scalar>(factors::size * x.samples()), x.samples());
      // y = x ⊙ f
      kernels::Gate<D>::factor_gradient(pass.workspace(), x, dy, df);
      F::backward(pass, x, f, BatchView<factors, const Scalar, D>(df), dx);
      if (dx) kernels::Gate<D>::add_input_gradient(pass.workspace(), f, dy, dx);
    }
  };
};

}  // namespace odot::nn
