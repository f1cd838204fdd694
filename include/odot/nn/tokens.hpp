#pragma once
// SPDX-License-Identifier: MIT
// Sequences: samples of shape [tokens, features]. Functions that token-wise layers share.

#include <cstddef>

#include "odot/core/shape.hpp"
#include "odot/core/view.hpp"

namespace odot::nn::detail {

/// Whether a shape is [features] or [tokens, features].
template <ShapeType S>
inline constexpr bool has_features = S::rank == 1 || S::rank == 2;

/// Whether a shape is [tokens, features].
template <ShapeType S>
inline constexpr bool is_sequence = S::rank == 2;

/// The last extent, features, and the product of the others, tokens; each is 1 if there is no such extent.
template <ShapeType S>
constexpr std::size_t features() {
  if constexpr (S::rank == 0) return 1;
  else return S::extents[S::rank - 1];
}
template <ShapeType S>
inline constexpr std::size_t tokens = S::size / features<S>();

/// A batch of sequences as a batch of tokens: [N, L, D] → [N·L, D]. Empty if the view is empty.
template <ShapeType S, class Scalar, class Device>
constexpr auto as_tokens(BatchView<S, Scalar, Device> view) {
  return BatchView<Shape<features<S>()>, Scalar, Device>(view.data(), view.samples() * tokens<S>);
}

}  // namespace odot::nn::detail
