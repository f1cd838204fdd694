#pragma once
// SPDX-License-Identifier: MIT
// What the forms of the series on the CPU share: blocks of tokens, and where their sums lie.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/cpu/queries.hpp"
#include "odot/kernels/element_wise_attention/cpu/sequence.hpp"
#include "odot/kernels/element_wise_attention/cpu/state.hpp"

namespace odot::kernels::detail {

/// The base of Series and CausalSeries.
template <class S, std::size_t Order>
struct SeriesBlocks {
  using P = simd::Packet<S>;
  using Sums = PowerSums<S, Order>;
  using Direct = DirectQueries<S, Order>;
  using Any = AnyQueries<S, Order>;
  static constexpr std::size_t block = element_wise_checkpoint;  // tokens

  /// Numbers of finished sums, and of scratch, of one sequence.
  static constexpr std::size_t sums_size(std::size_t channels) { return FinishedRows<Order>::count * channels; }
  static constexpr std::size_t scratch_size(std::size_t channels) { return StateRows<Order>::count * channels; }

  /// Calls body(from, to) for every block of a sequence of `tokens` tokens.
  template <class Body>
  static void for_blocks(std::size_t tokens, const Body& body) {
    for (std::size_t from = 0; from < tokens; from += block) body(from, (std::min)(from + block, tokens));
  }

  /// Prefetches the next block. Rows are as far apart as all channels are wide, too far for the processor to predict
  /// the next ones.
  template <class... Columns>
  static ODOT_INLINE void prefetch_next(const Sequence<S>& s, std::size_t from, std::size_t to,
                                        const Columns&... columns) {
    if (to + block > s.valid) return;
    for (std::size_t i = from; i < to; ++i) (columns.prefetch(i + block), ...);
  }

  /// What finished sums are relative to.
  template <bool Whole>
  static Reference<S> finished_reference(const Column<const S, Whole>& rows) {
    Reference<S> reference;
    reference.least = rows[FinishedRows<Order>::least];
    reference.scale = rows[FinishedRows<Order>::scale];
    return reference;
  }

  template <class Gradients>
  static ODOT_INLINE void store(const KeyGradients<S>& values, const Gradients& grad, std::size_t j) {
    grad.k.store(j, values.dk);
    grad.v.store(j, values.dv);
  }
};

}  // namespace odot::kernels::detail
