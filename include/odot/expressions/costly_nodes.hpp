#pragma once
// SPDX-License-Identifier: MIT
// The parts of an expression that cost more than a few instructions (exp, ÷, √ …), as lists of types; and which of them are
// worth computing once.

#include <cstddef>
#include <type_traits>

#include "odot/expressions/nodes.hpp"

namespace odot::expressions {

namespace detail {

template <class... T>
struct List {
  static constexpr std::size_t size = sizeof...(T);
  template <class U>
  static constexpr std::size_t count = (std::size_t{std::is_same_v<T, U>} + ... + 0);
};

template <class A, class... Others>
struct Joined {
  using type = A;
};
template <class... A, class... B, class... Others>
struct Joined<List<A...>, List<B...>, Others...> : Joined<List<A..., B...>, Others...> {};

/// A list without a type.
template <class L, class T>
struct Without;
template <class... A, class T>
struct Without<List<A...>, T> : Joined<List<>, std::conditional_t<std::is_same_v<A, T>, List<>, List<A>>...> {};

/// The costly nodes within a node, each after those that it contains. OfRows: reductions of rows too (rows.hpp), and what
/// they reduce.
template <class Node, bool OfRows>
struct CostlyNodes {
  using type = List<>;
};
template <class F, class... Node, bool OfRows>
struct CostlyNodes<Map<F, Node...>, OfRows> {
  using type = typename Joined<List<>, typename CostlyNodes<Node, OfRows>::type...,
                               std::conditional_t<F::is_costly, List<Map<F, Node...>>, List<>>>::type;
};

/// Whether a node has one value for all columns of a row.
template <class Space, class Node>
inline constexpr bool is_constant_in_row = false;
template <class Space, ShapeType S, class Steps, std::size_t B, class T, class D>
inline constexpr bool is_constant_in_row<Space, Source<S, Steps, B, T, D>> =
    PlaceOf<Source<S, Steps, B, T, D>, Space>::kind == PlaceOf<Source<S, Steps, B, T, D>, Space>::one;
template <class Space, class S, class Memory>
inline constexpr bool is_constant_in_row<Space, Converted<S, Memory>> = is_constant_in_row<Space, Memory>;
template <class Space, class S, class Device>
inline constexpr bool is_constant_in_row<Space, Constant<S, Device>> = true;
template <class Space, class F, class... Node>
inline constexpr bool is_constant_in_row<Space, Map<F, Node...>> = (is_constant_in_row<Space, Node> && ...);

/// The nodes of `All` that are worth remembering, each once: PerRow those that are constant in a row, else those that
/// occur more than once.
template <class Space, bool Hoists, bool PerRow, class All, class Chosen, class... Node>
struct Choose {
  using type = Chosen;
};
template <class Space, bool Hoists, bool PerRow, class All, class... Chosen, class First, class... Others>
struct Choose<Space, Hoists, PerRow, All, List<Chosen...>, First, Others...> {
  static constexpr bool in_row = Hoists && is_constant_in_row<Space, First>;
  static constexpr bool is_chosen =
      (PerRow ? in_row : !in_row && All::template count<First> > 1) && List<Chosen...>::template count<First> == 0;
  using type = typename Choose<Space, Hoists, PerRow, All,
                               std::conditional_t<is_chosen, List<Chosen..., First>, List<Chosen...>>, Others...>::type;
};
template <class Space, bool Hoists, bool PerRow, class All>
struct ChosenFrom;
template <class Space, bool Hoists, bool PerRow, class... Node>
struct ChosenFrom<Space, Hoists, PerRow, List<Node...>>
    : Choose<Space, Hoists, PerRow, List<Node...>, List<>, Node...> {};

}  // namespace detail

}  // namespace odot::expressions
