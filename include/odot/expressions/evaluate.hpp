#pragma once
// SPDX-License-Identifier: MIT
// How an expression becomes elements in memory: reductions and products inside it first, each once, into scratch
// memory; then what is left, an element-wise function of leaves, in one pass.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "odot/core/current_workspace.hpp"
#include "odot/expressions/arrange.hpp"
#include "odot/expressions/errors.hpp"
#include "odot/expressions/passes.hpp"
#include "odot/expressions/repeats.hpp"
#include "odot/expressions/tiles.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::expressions {

/// A product of matrices that has been evaluated: its operands in memory, whose elements do not change during an
/// evaluation, how they lie, and where it is.
struct KnownProduct {
  const void *a = nullptr, *b = nullptr;
  std::array<std::size_t, 11> layout{};
  void* result = nullptr;
};

/// The source of an evaluation's memory and threads, and the products that it need not compute again.
template <class Device>
struct Evaluation {
  Workspace<Device>& workspace;
  typename Workspace<Device>::Frame& frame;
  std::array<KnownProduct, 4> products{};  // the first ones
  std::size_t known_products = 0;

  template <ShapeType S, bool Batched, class T>
  Dense<S, Batched, T, Device> scratch(std::size_t samples) {
    return {frame.template take<T>(S::size * (Batched ? samples : 1)), samples};
  }
};

// ---- Reductions and products inside

template <class Device, ShapeType S, class Steps, std::size_t B, class T>
auto resolve(Evaluation<Device>&, const Source<S, Steps, B, T, Device>& source) {
  return source;
}
template <class Device, class S, class D>
auto resolve(Evaluation<Device>&, const Constant<S, D>& constant) {
  return constant;
}
template <class Device, std::size_t K, class S, class D>
auto resolve(Evaluation<Device>&, const Counting<K, S, D>& counting) {
  return counting;
}
template <class Device, class Owner>
auto resolve(Evaluation<Device>&, const Held<Owner>& held) {
  using H = Held<Owner>;
  return Dense<typename H::shape, H::batched, const typename H::scalar, Device>{held.owner.data(), held.samples()};
}
template <class Device, class F, class... Node>
auto resolve(Evaluation<Device>& evaluation, const Map<F, Node...>& map);
template <class Device, class R, class Node, std::size_t First, std::size_t Last>
auto resolve(Evaluation<Device>& evaluation, const Reduced<R, Node, First, Last>& reduced);
template <class Device, class R, class Node>
auto resolve(Evaluation<Device>& evaluation, const BatchReduced<R, Node>& reduced);

template <class Device, class Arrange, class Node>
auto resolve(Evaluation<Device>& evaluation, const Arranged<Arrange, Node>& arranged);
template <class Device, class S, class Node>
auto resolve(Evaluation<Device>& evaluation, const Cast<S, Node>& cast);
template <class Device, std::size_t Axis, class Shape_, class... Node>
auto resolve(Evaluation<Device>& evaluation, const Concatenated<Axis, Shape_, Node...>& parts);
template <class Device, class Shape_, class A, class B>
auto resolve(Evaluation<Device>& evaluation, const Product<Shape_, A, B>& product);

template <class Device, class Node, std::size_t Axis>
auto resolve(Evaluation<Device>& evaluation, const LargestAt<Node, Axis>& node);

template <class F, class... Node>
auto map_of(Node... nodes) {
  return Map<F, Node...>(std::move(nodes)...);
}
template <class Device, class F, class... Node>
auto resolve(Evaluation<Device>& evaluation, const Map<F, Node...>& map) {
  return map.nodes.apply([&](const auto&... node) { return map_of<F>(resolve(evaluation, node)...); });
}

/// Calls body(leaf) for every leaf in memory.
template <class Body, ShapeType S, class Steps, std::size_t B, class T, class Device>
void for_each_source(const Source<S, Steps, B, T, Device>& source, const Body& body) {
  body(source);
}
template <class Body, class S, class Memory>
void for_each_source(const Converted<S, Memory>& converted, const Body& body) {
  body(converted.memory);
}
template <class Body, std::size_t K, class S, class Device>
void for_each_source(const Counting<K, S, Device>&, const Body&) {}
template <class Body, class S, class Device>
void for_each_source(const Constant<S, Device>&, const Body&) {}
template <class Body, class F, class... Node>
void for_each_source(const Map<F, Node...>& map, const Body& body) {
  map.nodes.apply([&](const auto&... node) {
    (for_each_source(node, body), ...);
    return 0;
  });
}

/// Throws ArgumentError unless all batches of a node have as many samples, and all operands have elements.
template <class Node>
void require_samples(const Node& node, std::size_t samples) {
  for_each_source(node, [&](const auto& source) {
    if (!source.data && (!source.batched || source.count > 0))
      detail::throw_empty_operand(&std::remove_cvref_t<decltype(source)>::shape::to_string);
    if (source.batched && source.samples() != samples) detail::throw_other_samples(samples, source.samples());
  });
}

/// Runs a pass over all elements of a space.
template <class Space, class S, class Device, class Pass>
void run_map(Workspace<Device>& workspace, std::size_t samples, const Pass& pass) {
  using Fixed = std::integral_constant<std::size_t, Space::columns>;
  if constexpr (!Space::flat)
    kernels::Parallel<Device>::template map<S>(workspace, (Space::batched ? samples : 1) * Space::outer, Fixed{}, pass);
  else if constexpr (Space::batched)
    kernels::Parallel<Device>::template map<S>(workspace, 1, samples * Space::Target::size, pass);
  else kernels::Parallel<Device>::template map<S>(workspace, 1, Fixed{}, pass);
}

/// Runs a pass of assignments of `roots` to elements of a space, by rows.
template <class Space, class S, class Device, class Pass, class... Root>
void run_by_rows(Workspace<Device>& workspace, std::size_t samples, const Pass& pass, const Root&... roots) {
  with_remembering<Space, true>(
      pass, [&](const auto& remembering) { run_map<Space, S>(workspace, samples, remembering); }, roots...);
}
/// The same, in tiles where operands lie by columns.
template <class Space, class S, class Device, class Pass, class... Root>
void run_maps(Workspace<Device>& workspace, std::size_t samples, const Pass& pass, const Root&... roots) {
  using Tiles = TilesFor<Space, S, Device, Root...>;
  const std::size_t rows = (Space::batched ? samples : 1) * Space::outer;
  if constexpr (!Tiles::pay) run_by_rows<Space, S>(workspace, samples, pass, roots...);
  else if constexpr (Tiles::always) run_tiles<Space, S, Tiles>(workspace, rows, pass, roots...);
  else if (!run_tiles<Space, S, Tiles>(workspace, rows, pass, roots...))
    run_by_rows<Space, S>(workspace, samples, pass, roots...);
}

/// Evaluates an element-wise node into scratch memory.
template <class Device, class Node>
auto materialise(Evaluation<Device>& evaluation, const Node& node, std::size_t samples) {
  using Shape_ = typename Node::shape;
  using S = typename Node::scalar;
  auto target = evaluation.template scratch<Shape_, Node::batched, S>(samples);
  using Pair = Assignment<decltype(target), Node>;
  using In = SpaceOf<Shape_, Node::batched, decltype(target), Node>;
  run_maps<In, S>(evaluation.workspace, samples, MapPass<In, Pair>{Nodes<Pair>(Pair{target, node})}, node);
  return target;
}

template <class Device, class Node>
auto in_memory(Evaluation<Device>& evaluation, const Node& node, std::size_t samples) {
  if constexpr (is_source<Node>) return node;
  else return materialise(evaluation, node, samples);
}

/// The same in row-major order.
template <class Device, class Node>
auto dense_of(Evaluation<Device>& evaluation, const Node& node, std::size_t samples) {
  if constexpr (is_dense<Node>) return node;
  else return materialise(evaluation, node, samples);
}

template <class Device, class Arrange, class Node>
auto resolve(Evaluation<Device>& evaluation, const Arranged<Arrange, Node>& arranged) {
  const auto node = resolve(evaluation, arranged.node);
  require_samples(node, arranged.samples());
  if constexpr (is_source<std::remove_const_t<decltype(node)>> && requires { Arrange::of(node); })
    return Arrange::of(node);
  else return Arrange::of(materialise(evaluation, node, arranged.samples()));
}

template <class Device, class S, class Node>
auto resolve(Evaluation<Device>& evaluation, const Cast<S, Node>& cast) {
  const auto memory = in_memory(evaluation, resolve(evaluation, cast.node), cast.samples());
  return Converted<S, std::remove_const_t<decltype(memory)>>(memory);
}

// ---- Concatenation: each part is evaluated into its slice of the result.

/// target's indices [Begin, …) of an axis = the first node, and so on.
template <std::size_t Axis, std::size_t Begin, class Device, class To>
void fill_parts(Evaluation<Device>&, const To&) {}
template <std::size_t Axis, std::size_t Begin, class Device, class To, class First, class... Others>
void fill_parts(Evaluation<Device>& evaluation, const To& to, const First& first, const Others&... others) {
  constexpr std::size_t end = Begin + First::shape::extents[Axis];
  const auto part = Slice<Axis, Begin, end>::of(to);
  using Part = std::remove_const_t<decltype(part)>;
  const auto value = resolve(evaluation, first);
  using Value = std::remove_const_t<decltype(value)>;
  require_samples(value, to.samples());
  using Pair = Assignment<Part, Value>;
  using In = SpaceOf<typename Part::shape, Part::batched, Part, Value>;
  run_maps<In, typename Part::scalar>(evaluation.workspace, to.samples(),
                                      MapPass<In, Pair>{Nodes<Pair>(Pair{part, value})}, value);
  fill_parts<Axis, end>(evaluation, to, others...);
}
template <class Device, std::size_t Axis, class Shape_, class... Node>
auto resolve(Evaluation<Device>& evaluation, const Concatenated<Axis, Shape_, Node...>& parts) {
  using Result = Concatenated<Axis, Shape_, Node...>;
  const auto to = evaluation.template scratch<Shape_, Result::batched, typename Result::scalar>(parts.samples());
  parts.nodes.apply([&](const auto&... node) {
    fill_parts<Axis, 0>(evaluation, to, node...);
    return 0;
  });
  return to;
}

}  // namespace odot::expressions
