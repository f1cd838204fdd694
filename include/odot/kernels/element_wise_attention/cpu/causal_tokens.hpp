#pragma once
// SPDX-License-Identifier: MIT
// The keys and queries of a block of tokens of the causal series, each relative to the reference at its token, for one
// packet of channels.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/cpu/queries.hpp"
#include "odot/kernels/element_wise_attention/cpu/reference.hpp"

namespace odot::kernels::detail {

/// At most 32 tokens, numbered from 0.
template <class S, std::size_t Order>
class CausalTokens {
  using P = simd::Packet<S>;
  using Change = typename Reference<S>::Change;
  static constexpr std::size_t size = element_wise_checkpoint;

 public:
  /// Tokens from … to − 1 of `in`; takes their keys into the reference.
  template <class Inputs>
  ODOT_INLINE CausalTokens(const Inputs& in, Reference<S>& reference, std::size_t from, std::size_t to)
      : tokens_(to - from), first_scale_(reference.scale) {
    P low = simd::all(no_minimum<S>), high = simd::all(S{0}), largest = simd::all(S{0});
    for (std::size_t i = 0; i < tokens_; ++i) {
      const P k = simd::abs(in.k[from + i]);
      low = simd::smaller(low, k), high = simd::larger(high, k);
    }
    if (reference.fits(low, high)) {
      const P inverse = simd::reciprocal(reference.scale);
      for (std::size_t i = 0; i < tokens_; ++i)
        set(i, in.k[from + i], in.k[from + i], in.q[from + i], reference, inverse, largest);
    } else {
      for (std::size_t i = 0; i < tokens_; ++i) {
        P base = in.k[from + i];
        if (const P k = simd::abs(base); !reference.fits(k, k)) {
          const P taken = reference.weighing(k);
          if (!reference.fits(taken, taken)) {
            changes_ |= std::uint32_t{1} << i;
            change_[i] = reference.change(taken, taken);
          }
          base = reference.base(reference.weight(base), base);
        }
        scale_[i] = reference.scale;
        set(i, in.k[from + i], base, in.q[from + i], reference, simd::reciprocal(reference.scale), largest);
      }
    }
    direct_ = !simd::any(beyond_bound<S, Order>(largest));
  }

  P weight[size], x[size], u[size];  ///< exp(m² − k²), k/σ, q σ

  /// Whether, and how, the reference changes at token i, before its key is added.
  ODOT_INLINE bool changes(std::size_t i) const { return changes_ >> i & 1; }
  const Change& change(std::size_t i) const { return change_[i]; }
  /// σ at token i.
  ODOT_INLINE const P& scale(std::size_t i) const { return changes_ == 0 ? first_scale_ : scale_[i]; }
  /// Whether no query has powers that overflow.
  bool direct() const { return direct_; }

  /// Calls body(from, to) for every run of tokens between changes: the reference changes at most at the first token of
  /// a run.
  template <class Body>
  ODOT_INLINE void for_runs(const Body& body) const {
    for (std::size_t from = 0; from < tokens_;) {
      std::size_t to = from + 1;
      while (to < tokens_ && !changes(to)) ++to;
      body(from, to);
      from = to;
    }
  }
  template <class Body>
  ODOT_INLINE void for_runs_from_the_end(const Body& body) const {
    for (std::size_t to = tokens_; to > 0;) {
      std::size_t from = to - 1;
      while (from > 0 && !changes(from)) --from;
      body(from, to);
      to = from;
    }
  }

 private:
  ODOT_INLINE void set(std::size_t i, const P& k, const P& base, const P& q, const Reference<S>& reference,
                       const P& inverse, P& largest) {
    weight[i] = reference.weight(k);
    x[i] = simd::multiply(base, inverse);
    u[i] = simd::multiply(q, reference.scale);
    largest = simd::larger(largest, simd::abs(u[i]));
  }

  std::size_t tokens_;
  P first_scale_;
  std::uint32_t changes_ = 0;
  bool direct_;
  Change change_[size];
  P scale_[size];
};

}  // namespace odot::kernels::detail
