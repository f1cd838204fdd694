#pragma once
// SPDX-License-Identifier: MIT
// Residual: a skip connection around layers.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/add.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::nn {

/// Skip connection: y = F(x) + x, where F is the given layers one after the other.
/// Shapes  x [N, In...] → y [N, In...]
/// Grad    dx = (∂F/∂x)ᵀ dy + dy (overwritten); F's own (added)
/// Errors  compile time: F changes the shape
/// Source  He et al., "Deep residual learning", 2015, equation 1
template <class... Layers>
struct Residual {
  template <ShapeType In>
  struct bind : Sequential<In, Layers...> {
   private:
    using F = Sequential<In, Layers...>;
    static_assert(std::is_same_v<typename F::output_shape, In>,
                  "odot::nn::Residual: the layers' output must have the input's shape");
    /// Adding x overwrites F(x), so F's output is kept apart where F's backward reads it.
    static constexpr bool keeps_f = F::backward_reads_output;

   public:
    static constexpr bool backward_reads_output = false;
    static constexpr bool log_probabilities = false;
    static constexpr std::size_t cache_elements(std::size_t n) {
      return detail::aligned(F::cache_elements(n)) + (keeps_f ? detail::aligned(In::size * n) : 0);
    }

    static constexpr std::uint64_t flop() { return detail::sum_flop({F::flop(), In::size}); }

    ODOT_COLD static void describe(LayerParts& parts) {
      LayerParts inner = parts.inner();
      F::describe(inner);
      parts.push_back(LayerWords("residual").add(joined_layers(inner)).text());
    }

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(y)::device;
      const auto f = branch_output(pass, y);
      F::forward(pass, x, f);
      kernels::Add<D>::forward(pass.workspace(), x, decltype(x)(f), y);
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using D = typename decltype(dx)::device;
      F::backward(pass, x, decltype(x)(branch_output(pass, y)), dy, dx);
      if (dx) kernels::Add<D>::forward(pass.workspace(), dy, decltype(dy)(dx), dx);
    }

    static void step(auto pass, auto x, auto y, auto* state) {
      using D = typename decltype(y)::device;
      F::step(pass, x, y, state);
      kernels::Add<D>::forward(pass.workspace(), x, decltype(x)(y), y);
    }

   private:
    template <class Y>
    static auto branch_output(auto pass, Y y) {
      if constexpr (keeps_f) {
        if (pass.training()) return Y(pass.cache() + detail::aligned(F::cache_elements(y.samples())), y.samples());
      }
      return y;
    }
  };
};

}  // namespace odot::nn
