#pragma once
// SPDX-License-Identifier: MIT
// Where the sums of the series form lie in memory, for one packet of channels: rows of `channels` numbers.

#include <cstddef>

#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/cpu/power_sums.hpp"

namespace odot::kernels::detail {

/// Finished sums, with c_n: a_0 …, b_0 …, and what they are relative to.
template <std::size_t Order>
struct FinishedRows {
  static constexpr std::size_t sums = 2 * (Order + 1);
  static constexpr std::size_t least = sums, scale = sums + 1, count = sums + 2;
};

/// Running sums: those over all complete blocks, with c_n; what they are relative to; their rounding errors
/// (`lost`); those over the current block, without c_n; its number of tokens, the same in every channel.
template <std::size_t Order>
struct StateRows {
  static constexpr std::size_t sums = FinishedRows<Order>::sums;
  static constexpr std::size_t lost = FinishedRows<Order>::count, block = lost + sums, tokens = block + sums,
                               count = tokens + 1;
  static_assert(FinishedRows<Order>::count == ElementWiseForm{.order = Order}.sums());
  static_assert(count == ElementWiseForm{.order = Order}.state());
};

/// The rows of StateRows of one packet of channels.
template <class S, std::size_t Order, bool Whole>
class State {
  using P = simd::Packet<S>;
  using Sums = PowerSums<S, Order>;
  using Rows = StateRows<Order>;
  using Finished = FinishedRows<Order>;

 public:
  State(S* first, std::size_t channels, std::size_t width) : first_(first), channels_(channels), width_(width) {}

  /// Sets all sums to those over nothing; leaves the number of tokens as it is.
  void clear() const {
    for (std::size_t row = 0; row < Rows::tokens; ++row) rows().store(row, simd::all(S{0}));
    store_reference({});
  }

  Reference<S> reference() const {
    Reference<S> reference;
    reference.least = rows()[Finished::least], reference.scale = rows()[Finished::scale];
    return reference;
  }
  /// The reference of a state that may be all zero. (Where the scale is 0, there has been no key, or only NaN ones. In
  /// both cases this is a start; the NaN sums stay.)
  Reference<S> reference_or_start() const {
    Reference<S> found = reference();
    const P zero = simd::all(S{0});
    found.least = simd::where_less(zero, found.scale, found.least, simd::all(no_minimum<S>));
    return found;
  }

  Sums blocks() const { return Sums(constant(0)); }
  Sums block() const { return Sums(constant(Rows::block)); }
  /// Like BlockedSums, but reads the sums over all blocks only where they are needed.
  struct StoredSums {
    Column<const S, Whole> rows;
    Sums block;

    ODOT_INLINE P a(std::size_t n) const { return sum(block.a[n], n, n); }
    ODOT_INLINE P b(std::size_t n) const { return sum(block.b[n], n, Order + 1 + n); }

   private:
    ODOT_INLINE P sum(const P& of_block, std::size_t n, std::size_t row) const {
      return simd::multiply_add(of_block, simd::all(series_factors<S, Order>[n]), rows[row]);
    }
  };
  ODOT_INLINE StoredSums stored_sums() const { return {constant(0), block()}; }
  void store(const Sums& blocks) const { blocks.store(rows()); }
  void store_reference(const Reference<S>& reference) const {
    rows().store(Finished::least, reference.least);
    rows().store(Finished::scale, reference.scale);
  }
  void store_block(const Sums& block) const { block.store(column(Rows::block)); }

  /// Changes what all sums are relative to.
  void change(const typename Reference<S>::Change& change) const {
    for (const std::size_t row : {std::size_t{0}, Rows::lost, Rows::block}) {
      Sums sums(constant(row));
      sums.change(change);
      sums.store(column(row));
    }
  }
  /// Takes keys of low ≤ |k| ≤ high into the reference, and into all sums.
  void change(Reference<S>& reference, const P& low, const P& high) const {
    change(reference.change(low, high));
    store_reference(reference);
  }

  /// Adds the sums of a block to those of all blocks.
  ODOT_INLINE void join(const Sums& block) const {
    constexpr std::size_t terms = Order + 1;
#pragma GCC unroll 32
    for (std::size_t n = 0; n < terms; ++n) join_row(n, block.a[n], n), join_row(terms + n, block.b[n], n);
  }

  /// Copies the sums over all blocks.
  void copy_finished(const Column<S, Whole>& to) const {
    for (std::size_t row = 0; row < Finished::count; ++row) to.store(row, rows()[row]);
  }

  /// Stores the current block's sums after one more token. At the end of the block, joins them and starts the count
  /// again.
  ODOT_INLINE void end_token(const Sums& block) const {
    const S tokens = first_[Rows::tokens * channels_] + S{1};
    const bool end = !(tokens < static_cast<S>(element_wise_checkpoint));
    rows().store(Rows::tokens, simd::all(end ? S{0} : tokens));
    if (end) {
      join(block);
      store_block(Sums());
    } else {
      store_block(block);
    }
  }

 private:
  ODOT_INLINE void join_row(std::size_t row, const P& sum, std::size_t n) const {
    P total = rows()[row], lost = rows()[Rows::lost + row];
    add_compensated(total, lost, simd::multiply(sum, simd::all(series_factors<S, Order>[n])));
    rows().store(row, total), rows().store(Rows::lost + row, lost);
  }

  Column<S, Whole> column(std::size_t row) const { return {first_ + row * channels_, channels_, width_}; }
  Column<const S, Whole> constant(std::size_t row) const { return column(row); }
  Column<S, Whole> rows() const { return column(0); }

  S* first_;
  std::size_t channels_, width_;
};

}  // namespace odot::kernels::detail
