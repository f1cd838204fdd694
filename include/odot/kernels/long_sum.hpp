#pragma once
// SPDX-License-Identifier: MIT
// Sums of many numbers that lose no more than a sum of few: in stretches, which are then added in double precision.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/compensated.hpp"
#include "odot/kernels/eigen_core.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels {

/// Numbers or rows that are added one after the other in the scalar of the data.
inline constexpr std::size_t sum_stretch = 64;

/// The number itself. An array of them is an expression, which Eigen reads from its first element on; an array in memory it
/// reads from the first aligned address on, so that the order of a sum would follow from where the array lies.
template <class S>
struct SameNumber {
  const S& operator()(const S& value) const { return value; }
  template <class P>
  const P& packetOp(const P& value) const {
    return value;
  }
};

}  // namespace odot::kernels

namespace Eigen::internal {
template <class S>
struct functor_traits<odot::kernels::SameNumber<S>> {
  enum { Cost = 0, PacketAccess = packet_traits<S>::Vectorizable };
};
}  // namespace Eigen::internal

namespace odot::kernels {

/// Σ of an Eigen array's Size elements, in an order that follows from Size alone. No more than sum_stretch packets are added
/// in a row in the array's own scalar, so the error is the same at any length: below 2e-6 of Σ|values| in float, 1e-7 as a
/// rule.
template <std::size_t Size, class Values>
double long_sum_in_double(const Values& values) {
  using S = typename Values::Scalar;
  constexpr std::size_t stretch = sum_stretch * simd::lanes<S>;
  if constexpr (Size <= stretch) {
    return static_cast<double>(values.unaryExpr(SameNumber<S>()).sum());
  } else {
    double total = 0;
    for (std::size_t i = 0; i < Size; i += stretch)
      total += static_cast<double>(
          values.segment(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>((std::min)(stretch, Size - i)))
              .unaryExpr(SameNumber<S>())
              .sum());
    return total;
  }
}

/// The same, rounded to the array's scalar.
template <std::size_t Size, class Values>
typename Values::Scalar long_sum(const Values& values) {
  return static_cast<typename Values::Scalar>(long_sum_in_double<Size>(values));
}

/// Σ of at most Count packets, lane by lane, of SIMD vectors of S. Where there can be more than sum_stretch of them, the sums
/// of stretches are added up with compensation, so that the error is the same at any length.
template <class S, std::size_t Count>
class PacketSum {
  using P = simd::Packet<S>;
  static constexpr bool is_long = Count > sum_stretch;

 public:
  ODOT_INLINE void add(const P& term) {
    sum_ = simd::add(sum_, term);
    count();
  }
  ODOT_INLINE void multiply_add(const P& a, const P& b) {
    sum_ = simd::multiply_add(a, b, sum_);
    count();
  }
  ODOT_INLINE P total() {
    if constexpr (is_long) {
      end_stretch();
      return parts_.total;
    } else {
      return sum_;
    }
  }

 private:
  struct Parts {
    P total = simd::all(S{0}), rest = simd::all(S{0});
    std::size_t added = 0;
  };
  struct NoParts {};

  ODOT_INLINE void count() {
    if constexpr (is_long)
      if (++parts_.added == sum_stretch) end_stretch();
  }
  ODOT_INLINE void end_stretch() {
    add_compensated(parts_.total, parts_.rest, sum_);
    sum_ = simd::all(S{0});
    parts_.added = 0;
  }

  P sum_ = simd::all(S{0});
  [[no_unique_address]] std::conditional_t<is_long, Parts, NoParts> parts_;
};

}  // namespace odot::kernels
