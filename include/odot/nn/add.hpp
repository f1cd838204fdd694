#pragma once
// SPDX-License-Identifier: MIT
// Add: the sum of branches.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/add.hpp"
#include "odot/nn/branches.hpp"

namespace odot::nn {

namespace detail {

struct AddBranches {
  static constexpr const char* name = "add";

  /// y = out, or y += out.
  template <std::size_t Index>
  static void put(auto& workspace, auto out, auto y) {
    using K = kernels::Add<typename decltype(y)::device>;
    if constexpr (Index == 0) K::copy(workspace, out, y);
    else K::forward(workspace, decltype(out)(y), out, y);
  }
  static constexpr std::uint64_t flop(std::size_t branches, std::size_t size) { return (branches - 1) * size; }
  template <std::size_t Index>
  static auto gradient(auto& /*workspace*/, auto& /*frame*/, auto dy) {
    return dy;
  }
};

}  // namespace detail

/// Branches that are given the same input and whose outputs are added up: y = B₀(x) + B₁(x) + …. Each branch is a layer
/// or an nn::Sequential of layers; nn::Identity is x itself. (nn::Residual<F…> is a faster Add<Identity,
/// Sequential<F…>>.)
///     nn::Add<nn::Sequential<nn::Conv2d<64, …>, nn::BatchNorm2d<>>, nn::Conv2d<64, shortcut>>
/// Shapes  x [N, In...] → y [N, Out...], the same Out for every branch
/// Params  each branch's, under its position or its nn::Named
/// Grad    dx = Σ_b (∂B_b/∂x)ᵀ dy (overwritten); the branches' own (added)
/// Errors  compile time: outputs of different shapes
template <class First, class... Others>
struct Add {
 private:
  template <ShapeType In>
  struct Rule {
    using output = typename detail::BranchOf<First, In>::type::output_shape;
    static constexpr bool same =
        (std::is_same_v<typename detail::BranchOf<Others, In>::type::output_shape, output> && ...);
    // After a failed rule only the first branch is used: one error is enough.
    using layer = std::conditional_t<same, detail::BranchesLayer<detail::AddBranches, In, output, First, Others...>,
                                     detail::BranchesLayer<detail::AddBranches, In, output, First>>;
    static_assert(same, "odot::nn::Add: the outputs of all branches must have the same shape");
  };

 public:
  template <ShapeType In>
  struct bind : Rule<In>::layer {};
};

}  // namespace odot::nn
