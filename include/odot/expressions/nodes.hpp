#pragma once
// SPDX-License-Identifier: MIT
// What expressions are made of: views and numbers at the leaves, functions of them, reductions, products. Nothing is
// computed before an assignment (assign.hpp). A node has
//     shape, batched        of its value: [shape] or [samples, shape]
//     scalar, device
//     samples()             how many; 0 where it is not batched
// and one that is an element-wise function of its leaves also
//     merged_axes<Target>   last axes of Target along which all leaves are a run or one element
//     is_flat<Target>       whether all axes are, the batch among them
//     load<Space>(run)      the value of a run of elements of the iteration space (space.hpp)

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "odot/expressions/functions.hpp"
#include "odot/expressions/leaves.hpp"
#include "odot/expressions/remember.hpp"

namespace odot::expressions {

/// A node read as another scalar. Evaluated once, unless it is elements in memory itself.
template <class S, class Node>
struct Cast : ExpressionBase<Cast<S, Node>> {
  using shape = typename Node::shape;
  using scalar = S;
  using device = typename Node::device;
  static constexpr bool batched = Node::batched;

  Node node;

  explicit constexpr Cast(Node of) : node(std::move(of)) {}
  std::size_t samples() const { return node.samples(); }
};

/// Some nodes side by side. (std::tuple does not run on a device. No [[no_unique_address]] here: with it
/// nvcc 13 takes all memory over a number in an expression.)
template <class... Node>
struct Nodes {
  template <class F, class... Before>
  ODOT_HOST_DEVICE auto apply(const F& f, const Before&... before) const {
    return f(before...);
  }
};
template <class First, class... Others>
struct Nodes<First, Others...> {
  First first;
  Nodes<Others...> others;

  constexpr explicit Nodes(First node, Others... nodes) : first(std::move(node)), others(std::move(nodes)...) {}

  template <class F, class... Before>
  ODOT_HOST_DEVICE auto apply(const F& f, const Before&... before) const {
    return others.apply(f, before..., first);
  }
};

/// f(nodes…), element by element.
template <class F, class... Node>
struct Map : ExpressionBase<Map<F, Node...>> {
  using shape = typename BroadcastOf<typename Node::shape...>::type;
  using scalar = typename std::common_type_t<typename Node::scalar...>;
  using device = std::common_type_t<typename Node::device...>;
  static constexpr bool batched = (Node::batched || ...);

  Nodes<Node...> nodes;

  constexpr explicit Map(Node... node) : nodes(std::move(node)...) {}

  std::size_t samples() const {
    return nodes.apply([](const auto&... node) { return (std::max)({node.samples()...}); });
  }

  template <class Target>
  static constexpr std::size_t merged_axes = (std::min)({Node::template merged_axes<Target>...});
  template <class Target>
  static constexpr bool is_flat = (Node::template is_flat<Target> && ...);
  template <class Target>
  static constexpr bool is_flat_sample = (Node::template is_flat_sample<Target> && ...);

  template <class Space, class Run>
  ODOT_HOST_DEVICE auto load(const Run& run) const {
    using Number = typename Run::Number;
    if constexpr (remembers<Run, Map>) return remembered<Map>(run);
    else return computed<Space, Number>(run);
  }

 private:
  template <class Space, class Number, class Run>
  ODOT_HOST_DEVICE auto computed(const Run& run) const {
    return nodes.apply([&](const auto&... node) {
      if constexpr (F::arguments == Arguments::numbers) return F()(number<Number>(node.template load<Space>(run))...);
      else if constexpr (F::arguments == Arguments::masks) return F()(mask<Number>(node.template load<Space>(run))...);
      else return choose<Number>(node.template load<Space>(run)...);
    });
  }

  /// What a comparison gave as a number, 1 or 0.
  template <class Number, class Value>
  static ODOT_HOST_DEVICE Number number(const Value& value) {
    if constexpr (std::is_same_v<Value, typename Number::mask>) return select(value, Number(1), Number(0));
    else return value;
  }
  /// Whether a number is not 0.
  template <class Number, class Value>
  static ODOT_HOST_DEVICE typename Number::mask mask(const Value& value) {
    if constexpr (std::is_same_v<Value, typename Number::mask>) return value;
    else return value != Number(0);
  }
  template <class Number, class Chosen, class A, class B>
  static ODOT_HOST_DEVICE auto choose(const Chosen& chosen, const A& a, const B& b) {
    return F()(mask<Number>(chosen), number<Number>(a), number<Number>(b));
  }
};

namespace detail {
template <ShapeType S, std::size_t First, std::size_t Last, std::size_t... Axis>
auto reduced_shape(std::index_sequence<Axis...>) {
  return Shape<(Axis >= First && Axis <= Last ? 1 : S::extents[Axis])...>();
}
}  // namespace detail

/// A node with its axes First to Last reduced to extent 1: R is kernels::Sum, Largest or Smallest. Evaluated once.
template <class R, class Node, std::size_t First, std::size_t Last>
struct Reduced : ExpressionBase<Reduced<R, Node, First, Last>> {
  using shape =
      decltype(detail::reduced_shape<typename Node::shape, First, Last>(std::make_index_sequence<Node::shape::rank>{}));
  using scalar = typename Node::scalar;
  using device = typename Node::device;
  static constexpr bool batched = Node::batched;

  Node node;

  explicit constexpr Reduced(Node of) : node(std::move(of)) {}
  std::size_t samples() const { return node.samples(); }
};

/// Whether a node is row-major elements in memory.
template <class Node>
inline constexpr bool is_dense = false;
template <ShapeType S, std::size_t B, class T, class Device>
inline constexpr bool is_dense<Source<S, ContiguousStrides<S>, B, T, Device>> = B == 0 || B == S::size;

/// A node whose elements are looked at in another arrangement: Arrange::of(elements in memory). Evaluated once, unless it is
/// elements in memory itself.
template <class Arrange, class Node>
struct Arranged : ExpressionBase<Arranged<Arrange, Node>> {
  using result = decltype(Arrange::of(std::declval<const DenseOf<Node>&>()));
  using shape = typename result::shape;
  using scalar = typename Node::scalar;
  using device = typename Node::device;
  static constexpr bool batched = Node::batched;

  Node node;

  explicit constexpr Arranged(Node of) : node(std::move(of)) {}
  std::size_t samples() const { return node.samples(); }
};

/// Nodes one after the other along an axis. Evaluated once.
template <std::size_t Axis, class Shape_, class... Node>
struct Concatenated : ExpressionBase<Concatenated<Axis, Shape_, Node...>> {
  using shape = Shape_;
  using scalar = std::common_type_t<typename Node::scalar...>;
  using device = std::common_type_t<typename Node::device...>;
  static constexpr bool batched = (Node::batched || ...);

  Nodes<Node...> nodes;

  explicit constexpr Concatenated(Node... node) : nodes(std::move(node)...) {}
  std::size_t samples() const {
    return nodes.apply([](const auto&... node) { return (std::max)({node.samples()...}); });
  }
};

/// The product of matrices, the last two axes of A [..., M, K] and B [..., K, N]. Evaluated once.
template <class Shape_, class A, class B>
struct Product : ExpressionBase<Product<Shape_, A, B>> {
  using shape = Shape_;
  using scalar = typename A::scalar;
  using device = typename A::device;
  static constexpr bool batched = A::batched || B::batched;

  A a;
  B b;

  constexpr Product(A left, B right) : a(std::move(left)), b(std::move(right)) {}
  std::size_t samples() const { return (std::max)(a.samples(), b.samples()); }
};

/// Where a node's largest element along an axis is, the first of equal ones; of NaN the first. Evaluated once.
template <class Node, std::size_t Axis>
struct LargestAt : ExpressionBase<LargestAt<Node, Axis>> {
  using shape =
      decltype(detail::reduced_shape<typename Node::shape, Axis, Axis>(std::make_index_sequence<Node::shape::rank>{}));
  using scalar = std::int32_t;
  using device = typename Node::device;
  static constexpr bool batched = Node::batched;

  Node node;

  explicit constexpr LargestAt(Node of) : node(std::move(of)) {}
  std::size_t samples() const { return node.samples(); }
};

/// The samples of a node reduced to one tensor. Evaluated once.
template <class R, class Node>
struct BatchReduced : ExpressionBase<BatchReduced<R, Node>> {
  using shape = typename Node::shape;
  using scalar = typename Node::scalar;
  using device = typename Node::device;
  static constexpr bool batched = false;

  Node node;

  explicit constexpr BatchReduced(Node of) : node(std::move(of)) {}
  static constexpr std::size_t samples() { return 0; }
};

}  // namespace odot::expressions
