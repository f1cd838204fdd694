#pragma once
// SPDX-License-Identifier: MIT
// A packet of channels, token after token: what the kernels of element-wise attention work on.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/element_wise_attention/limits.hpp"
#include "odot/kernels/exponential.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// One packet's channels in rows of numbers. Whole: all lanes of the packet; otherwise only the first `width`, and the
/// others are read as 0 and never written.
template <class S, bool Whole>
class Column {
  using Scalar = std::remove_const_t<S>;
  static constexpr std::size_t lanes = simd::lanes<Scalar>;

 public:
  Column(S* first, std::size_t stride, std::size_t width) : first_(first), stride_(stride), width_(width) {}

  ODOT_INLINE simd::Packet<Scalar> operator[](std::size_t row) const {
    const S* from = first_ + row * stride_;
    if constexpr (Whole) {
      return simd::load(from);
    } else {
      alignas(64) Scalar padded[lanes] = {};
      std::copy_n(from, width_, padded);
      return simd::load<Scalar>(padded);
    }
  }
  ODOT_INLINE void store(std::size_t row, const simd::Packet<Scalar>& value) const {
    S* to = first_ + row * stride_;
    if constexpr (Whole) {
      simd::store(to, value);
    } else {
      alignas(64) Scalar padded[lanes];
      simd::store(padded, value);
      std::copy_n(padded, width_, to);
    }
  }

  ODOT_INLINE void prefetch(std::size_t row) const { simd::prefetch<Scalar>(first_ + row * stride_); }

  operator Column<const Scalar, Whole>() const
    requires(!std::is_const_v<S>)
  {
    return {first_, stride_, width_};
  }

 private:
  S* first_;
  std::size_t stride_, width_;
};

/// Calls body.operator()<whole>(channel, width) for every packet of the channels [begin, end).
template <class S, class Body>
ODOT_INLINE void for_packets(std::size_t begin, std::size_t end, const Body& body) {
  constexpr std::size_t lanes = simd::lanes<S>;
  std::size_t c = begin;
  for (; c + lanes <= end; c += lanes) body.template operator()<true>(c, lanes);
  if (c < end) body.template operator()<false>(c, end - c);
}

/// eˣ for x ≤ 4, and 0 below least_exponent; NaN stays NaN.
template <class S>
ODOT_INLINE simd::Packet<S> weight_exp(const simd::Packet<S>& x) {
  return simd::softmax_exp<S>(x, least_exponent<S>);
}

}  // namespace odot::kernels::detail
