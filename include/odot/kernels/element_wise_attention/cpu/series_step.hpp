#pragma once
// SPDX-License-Identifier: MIT
// One token of the causal series form of element-wise attention on the CPU: the recurrent form.

#include <cstddef>

#include "odot/kernels/element_wise_attention/cpu/queries.hpp"
#include "odot/kernels/element_wise_attention/cpu/sequence.hpp"
#include "odot/kernels/element_wise_attention/cpu/state.hpp"

namespace odot::kernels::detail {

/// The same arithmetic as a token of CausalSeries.
template <class S, std::size_t Order>
struct SeriesStep {
  using P = simd::Packet<S>;

  /// s has one row. `state`: rows of State, before the token and after; all zero before the first one.
  static void step(const Sequence<S>& s, S* state) {
    for_packets<S>(0, s.channels, [&]<bool Whole>(std::size_t c, std::size_t width) {
      const State<S, Order, Whole> rows(state + c, s.channels, width);
      const auto in = s.template inputs<Whole>(c, width);
      const Column<S, Whole> y(s.y + c, s.channels, width);
      const P k = in.k[0], q = in.q[0], size = simd::abs(k);
      Reference<S> reference = rows.reference();
      if (simd::any(simd::either(reference.misfits(size, size),
                                 beyond_bound<S, Order>(simd::multiply(simd::abs(q), reference.scale)))))
        return unusual_step(rows, k, q, in.v[0], y);
      auto sums = rows.stored_sums();
      sums.block.add(reference.weight(k), simd::multiply(k, simd::reciprocal(reference.scale)), in.v[0]);
      y.store(0, DirectQueries<S, Order>::ratio(sums, simd::multiply(q, reference.scale)));
      rows.end_token(sums.block);
    });
  }

 private:
  /// A step in which the key changes the reference, or the query is large.
  template <bool Whole>
  static void unusual_step(const State<S, Order, Whole>& rows, const P& k, const P& q, const P& v,
                           const Column<S, Whole>& y) {
    Reference<S> reference = rows.reference_or_start();
    const P taken = reference.weighing(simd::abs(k));
    rows.change(reference, taken, taken);
    const P weight = reference.weight(k);
    auto sums = rows.stored_sums();
    sums.block.add(weight, simd::multiply(reference.base(weight, k), simd::reciprocal(reference.scale)), v);
    y.store(0, AnyQueries<S, Order>::ratio(sums, simd::multiply(q, reference.scale), q));
    rows.end_token(sums.block);
  }
};

}  // namespace odot::kernels::detail
