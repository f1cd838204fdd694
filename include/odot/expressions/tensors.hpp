#pragma once
// SPDX-License-Identifier: MIT
// Tensors and batches from expressions, copies, and other devices.

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/expressions/assign.hpp"

namespace odot {

namespace expressions::detail {
template <class Node>
auto owner_of(const Node& node) {
  using S = typename Node::shape;
  using T = typename Node::scalar;
  using D = typename Node::device;
  if constexpr (Node::batched) return Batch<S, T, D>(node.samples());
  else return Tensor<S, T, D>();
}
}  // namespace expressions::detail

/// The value of an expression: a Tensor, or a Batch.
template <expressions::Operand A>
auto eval(const A& a) {
  return expressions::with_node(a, [](const auto& node) {
    auto result = expressions::detail::owner_of(node);
    expressions::detail::assign_one(expressions::target_of(result.view()), node);
    return result;
  });
}

namespace expressions::detail {

/// body(owner, view or tensor): the operand where it is row-major elements in memory, else its value.
template <class A, class Body>
auto with_elements(const A& a, const Body& body) {
  if constexpr (is_view<A> || is_owner<A>) return body(a);
  else return body(eval(a));
}

}  // namespace expressions::detail

/// The same elements on another device, or on the same one.
template <DeviceType Device, expressions::Operand A>
auto to(const A& a) {
  using Node = expressions::NodeOf<A>;
  using From = typename Node::device;
  using S = typename Node::scalar;
  return expressions::detail::with_elements(a, [](const auto& from) {
    auto result = [&] {
      if constexpr (Node::batched) return Batch<typename Node::shape, S, Device>(from.samples());
      else return Tensor<typename Node::shape, S, Device>();
    }();
    std::vector<S> host(from.size());
    if (!host.empty()) {
      From::copy_to_host(host.data(), from.data(), host.size() * sizeof(S));
      Device::copy_from_host(result.data(), host.data(), host.size() * sizeof(S));
    }
    return result;
  });
}

}  // namespace odot
