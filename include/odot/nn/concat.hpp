#pragma once
// SPDX-License-Identifier: MIT
// Concat: the outputs of branches side by side.

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/place_rows.hpp"
#include "odot/nn/branches.hpp"

namespace odot::nn {

namespace detail {

/// The axis along which outputs lie side by side: channels [C, H, W], features [D] or [L, D].
template <ShapeType S>
inline constexpr std::size_t concat_axis = S::rank == 2 ? 1 : 0;

/// Whether two outputs can lie side by side: all axes but that one are the same.
template <ShapeType A, ShapeType B>
constexpr bool lie_side_by_side() {
  if constexpr (A::rank != B::rank) {
    return false;
  } else {
    for (std::size_t axis = 0; axis < A::rank; ++axis)
      if (axis != concat_axis<A> && A::extents[axis] != B::extents[axis]) return false;
    return true;
  }
}

/// S with the extent `Extent` on that axis.
template <ShapeType S, std::size_t Extent>
struct WithExtent {
  using type = Shape<Extent>;
};
template <std::size_t L, std::size_t D, std::size_t Extent>
struct WithExtent<Shape<L, D>, Extent> {
  using type = Shape<L, Extent>;
};
template <std::size_t C, std::size_t H, std::size_t W, std::size_t Extent>
struct WithExtent<Shape<C, H, W>, Extent> {
  using type = Shape<Extent, H, W>;
};

/// Outputs as rows that are parts of y's rows; one row per token, or per sample.
template <ShapeType... Outputs>
struct ConcatBranches {
  static constexpr const char* name = "concat";
  static constexpr std::uint64_t flop(std::size_t, std::size_t) { return 0; }
  template <ShapeType S>
  static constexpr std::size_t rows = S::rank == 2 ? S::extents[0] : 1;
  template <ShapeType S>
  static constexpr std::size_t width = S::size / rows<S>;

  template <std::size_t Index, ShapeType S, class Scalar, class Device, ShapeType Y>
  static void put(Workspace<Device>& workspace, BatchView<S, Scalar, Device> out,
                  BatchView<Y, std::remove_const_t<Scalar>, Device> y) {
    kernels::PlaceRows<Device>::put(workspace, y.samples() * rows<S>, width<S>, out.data(),
                                    y.data() + width_before<Index>(), width<Y>);
  }
  template <std::size_t Index, class Device, ShapeType Y, class Scalar>
  static auto gradient(Workspace<Device>& workspace, auto& frame, BatchView<Y, Scalar, Device> dy) {
    using S = std::tuple_element_t<Index, std::tuple<Outputs...>>;
    auto* const memory = frame.template take<std::remove_const_t<Scalar>>(S::size * dy.samples());
    kernels::PlaceRows<Device>::take(workspace, dy.samples() * rows<S>, width<S>, dy.data() + width_before<Index>(),
                                     width<Y>, memory);
    return BatchView<S, Scalar, Device>(memory, dy.samples());
  }

 private:
  template <std::size_t Index>
  static constexpr std::size_t width_before() {
    const std::array<std::size_t, sizeof...(Outputs)> widths{width<Outputs>...};
    std::size_t sum = 0;
    for (std::size_t i = 0; i < Index; ++i) sum += widths[i];
    return sum;
  }
};

}  // namespace detail

/// Branches that are given the same input and whose outputs lie side by side, in order: along the channels of images
/// [C, H, W], along the features of vectors [D] and of sequences [L, D]. Each branch is a layer or an nn::Sequential of
/// layers; nn::Identity is x itself.
///     nn::Concat<nn::Identity, nn::Sequential<nn::MaxPool2d<2>, …, nn::Upsample2d<2>>>      a step of a U-Net
/// Shapes  x [N, In...] → y [N, ΣC, H, W], [N, ΣD] or [N, L, ΣD]
/// Params  each branch's, under its position or its nn::Named
/// Grad    dx = Σ_b (∂B_b/∂x)ᵀ dy_b (overwritten); the branches' own (added)
/// Errors  compile time: outputs that differ in another axis; a rank above 3
/// Source  torch.cat of the branches' outputs along dim 1 (of sequences: dim 2)
template <class First, class... Others>
struct Concat {
 private:
  template <ShapeType In>
  struct Rule {
    using first = typename detail::BranchOf<First, In>::type::output_shape;
    static constexpr bool fits =
        first::rank >= 1 && first::rank <= 3 &&
        (detail::lie_side_by_side<first, typename detail::BranchOf<Others, In>::type::output_shape>() && ...);
    static constexpr std::size_t total() {
      if constexpr (fits)
        return (first::extents[detail::concat_axis<first>] + ... +
                detail::BranchOf<Others, In>::type::output_shape::extents[detail::concat_axis<first>]);
      else return 1;
    }
    // After a failed rule only the first branch is used: one error is enough.
    using output = std::conditional_t<fits, typename detail::WithExtent<first, total()>::type, first>;
    using join = detail::ConcatBranches<first, typename detail::BranchOf<Others, In>::type::output_shape...>;
    using layer = std::conditional_t<fits, detail::BranchesLayer<join, In, output, First, Others...>,
                                     detail::BranchesLayer<join, In, output, First>>;
    static_assert(fits,
                  "odot::nn::Concat: the outputs of all branches must have the same rank, from 1 to 3, and the same "
                  "extents but the number of channels (rank 3) or features (rank 1 and 2)");
  };

 public:
  template <ShapeType In>
  struct bind : Rule<In>::layer {};
};

}  // namespace odot::nn
