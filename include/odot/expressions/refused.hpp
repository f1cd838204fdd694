#pragma once
// SPDX-License-Identifier: MIT
// What an operation gives behind its static_assert, so that one mistake is one error.

#include <cstddef>

#include "odot/core/expression_base.hpp"
#include "odot/core/shape.hpp"

namespace odot::expressions {

/// The value of an operation whose operands don't fit: whatever is made of it is refused too, without a further error.
template <class S, class Device, bool Batched>
struct Refused : ExpressionBase<Refused<S, Device, Batched>> {
  using shape = Shape<>;
  using scalar = S;
  using device = Device;
  static constexpr bool batched = Batched;

  static constexpr std::size_t samples() { return 0; }
};

template <class Node>
inline constexpr bool is_refused = false;
template <class S, class Device, bool Batched>
inline constexpr bool is_refused<Refused<S, Device, Batched>> = true;

namespace detail {
template <class First, class... Others>
struct RefusedFor {
  using type = Refused<typename First::scalar, typename First::device, (First::batched || ... || Others::batched)>;
};
}  // namespace detail

/// In place of a function of these nodes.
template <class... Node>
using RefusedOf = typename detail::RefusedFor<Node...>::type;

}  // namespace odot::expressions
