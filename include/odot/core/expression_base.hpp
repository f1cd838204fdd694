#pragma once
// SPDX-License-Identifier: MIT
// What tensors and views know of expressions (expressions/nodes.hpp): that there are such.

#include <type_traits>

namespace odot {

/// The base of an expression's nodes, in the namespace where their operators are.
template <class Node>
struct ExpressionBase {};

namespace detail {
template <class Node>
void is_node(const ExpressionBase<Node>&);
}  // namespace detail

/// An expression of tensors that is not computed yet.
template <class T>
concept ExpressionNode = requires(const std::remove_cvref_t<T>& node) { detail::is_node(node); };

namespace detail {
template <class Node>
inline constexpr bool is_batched = false;
template <class Node>
  requires requires { Node::batched; }
inline constexpr bool is_batched<Node> = Node::batched;
}  // namespace detail

}  // namespace odot
