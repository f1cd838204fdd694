#pragma once
// SPDX-License-Identifier: MIT
// Operands that lie by columns where the target lies by rows, as in x + transpose(z): on the Cpu they are read in
// squares of lanes × lanes elements, which are transposed in registers, and remembered for the runs of the square.

#include <cstddef>
#include <type_traits>

#include "odot/expressions/passes.hpp"
#include "odot/expressions/repeats.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::expressions {

namespace detail {

/// The axis of a space's rows along which a leaf's elements are neighbours, where along the columns they are not; the
/// target's rank where there is none.
template <class Space, class Leaf>
inline constexpr std::size_t transposed_axis = Space::Target::rank;
template <class Space, ShapeType S, class Steps, std::size_t B, class T, class D>
inline constexpr std::size_t transposed_axis<Space, Source<S, Steps, B, T, D>> = [] {
  using Place = PlaceOf<Source<S, Steps, B, T, D>, Space>;
  if constexpr (Place::kind == Place::strided)
    for (std::size_t axis = 0; axis < Space::outer_axes; ++axis)
      if (Place::Layout::strides[axis] == 1 && Space::Target::extents[axis] > 1) return axis;
  return std::size_t{Space::Target::rank};
}();

/// The leaves of a node for which there is one.
template <class Space, class Node>
struct TransposedLeaves {
  using type = std::conditional_t < transposed_axis<Space, Node><Space::Target::rank, List<Node>, List<>>;
};
template <class Space, class F, class... Node>
struct TransposedLeaves<Space, Map<F, Node...>> : Joined<List<>, typename TransposedLeaves<Space, Node>::type...> {};

/// Those with the axis of the first one, each type once.
template <class Space, class Chosen, class... Leaf>
struct OfOneAxis {
  using type = Chosen;
};
template <class Space, class... Chosen, class First, class... Others>
struct OfOneAxis<Space, List<Chosen...>, First, Others...> {
  static constexpr bool is_new = List<Chosen...>::template count<First> == 0 &&
                                 ((transposed_axis<Space, First> == transposed_axis<Space, Chosen>) && ...);
  using type =
      typename OfOneAxis<Space, std::conditional_t<is_new, List<Chosen..., First>, List<Chosen...>>, Others...>::type;
};

/// The tiles of an assignment: of which leaves, and which rows.
template <class Space, class OfRun_, class Transposed>
struct Tiles;
template <class Space, class OfRun_, class First, class... Others>
struct Tiles<Space, OfRun_, List<First, Others...>> {
  using Leaves = typename OfOneAxis<Space, List<>, First, Others...>::type;
  using OfRun = OfRun_;
  static constexpr bool pay = true;
  static constexpr std::size_t axis = transposed_axis<Space, First>, count = Space::Target::extents[axis];
  static constexpr std::size_t step = [] {  // rows from one index of the axis to the next
    std::size_t product = 1;
    for (std::size_t later = axis + 1; later < Space::outer_axes; ++later) product *= Space::Target::extents[later];
    return product;
  }();
  /// Whether parts that are told apart by their types can't have different operands.
  static constexpr bool always = Leaves::size == 1 + sizeof...(Others) && OfRun::size == 0;
};

/// Whether tiles pay: on the Cpu, where they are filled by half at least.
struct NoTiles {
  static constexpr bool pay = false;
};
template <class Space, class S, class Device, class... Root>
auto tiles_for() {
  if constexpr (std::is_same_v<Device, Cpu> && !Space::flat) {
    using Transposed = typename Joined<List<>, typename TransposedLeaves<Space, Root>::type...>::type;
    if constexpr (Transposed::size > 0) {
      using All = typename Joined<List<>, typename CostlyNodes<Root, false>::type...>::type;
      using Of = Tiles<Space, typename ChosenFrom<Space, false, false, All>::type, Transposed>;
      constexpr std::size_t lanes = kernels::Parallel<Device>::template lanes<S>;
      if constexpr (lanes > 1 && 2 * Of::count >= lanes && 2 * Space::columns >= lanes) return Of();
      else return NoTiles();
    } else {
      return NoTiles();
    }
  } else {
    return NoTiles();
  }
}

/// A leaf's numbers in a tile, and those of leaves before it.
template <class Before, class Leaf, class Block>
struct TileValues {
  const Before& before;
  const Block& block;
};

}  // namespace detail

/// A pass over tiles: of `leaves` the numbers are transposed, those of `of_run` computed once per run.
template <class Space, class Pass, class Leaves, class OfRun>
struct TilePass {
  Pass pass;
  Leaves leaves;
  OfRun of_run;

  template <class Tile>
  ODOT_INLINE void operator()(const Tile& tile) const {
    load(leaves, NoValues{}, tile);
  }

 private:
  template <class Blocks, class Tile>
  ODOT_INLINE void load(const Nodes<>&, const Blocks& blocks, const Tile& tile) const {
    tile.each([&](const auto& run, std::size_t k) {
      with_row(blocks, k, run, [&](const auto& known) { with_values<Space>(of_run, known, run, pass); });
    });
  }
  template <class First, class... Others, class Blocks, class Tile>
  ODOT_INLINE void load(const Nodes<First, Others...>& nodes, const Blocks& blocks, const Tile& tile) const {
    using Place = PlaceOf<First, Space>;
    const auto block =
        tile.load_by_columns(nodes.first.data + (Place::start(tile.row) + tile.column * Place::step), Place::step);
    using Block = std::remove_const_t<decltype(block)>;
    load(nodes.others, detail::TileValues<Blocks, First, Block>{blocks, block}, tile);
  }

  /// body(values of row k of the blocks)
  template <class Run, class Body>
  static ODOT_INLINE void with_row(const NoValues& none, std::size_t, const Run&, const Body& body) {
    body(none);
  }
  template <class Before, class Leaf, class Block, class Run, class Body>
  static ODOT_INLINE void with_row(const detail::TileValues<Before, Leaf, Block>& blocks, std::size_t k, const Run& run,
                                   const Body& body) {
    using Number = typename Run::Number;
    with_row(blocks.before, k, run, [&](const auto& known) {
      body(Values<std::remove_cvref_t<decltype(known)>, Leaf, Number>{known, Number(blocks.block.packet[k])});
    });
  }
};

template <class Space, class S, class Device, class... Root>
using TilesFor = decltype(detail::tiles_for<Space, S, Device, Root...>());

/// Runs a pass of element-wise assignments in tiles. False where leaves of one type have different elements: nothing is
/// stored then.
template <class Space, class S, class Tiles, class Device, class Pass, class... Root>
bool run_tiles(Workspace<Device>& workspace, std::size_t rows, const Pass& pass, const Root&... roots) {
  using Leaves = typename Tiles::Leaves;
  using OfRun = typename Tiles::OfRun;
  auto found = detail::found_of(Leaves(), OfRun());
  (found.look(roots), ...);
  if (!found.all_same) return false;
  kernels::Parallel<Device>::template map_tiles<S>(
      workspace, rows, std::integral_constant<std::size_t, Space::columns>{}, {Tiles::count, Tiles::step},
      TilePass<Space, Pass, typename detail::NodesOf<Leaves>::type, typename detail::NodesOf<OfRun>::type>{
          pass, found.copies(Leaves()), found.copies(OfRun())});
  return true;
}

}  // namespace odot::expressions
