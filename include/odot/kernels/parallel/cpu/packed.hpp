#pragma once
// SPDX-License-Identifier: MIT
// Packed: one SIMD register of numbers, with the interface of Lanes.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "odot/kernels/exponential.hpp"
#include "odot/kernels/normal_distribution.hpp"
#include "odot/kernels/parallel/cpu/double_functions.hpp"
#include "odot/kernels/parallel/cpu/error_function.hpp"
#include "odot/kernels/parallel/cpu/functions.hpp"
#include "odot/kernels/parallel/cpu/power.hpp"
#include "odot/kernels/parallel/lanes.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels {

namespace detail {

/// As Packet, but a type of ours: functions of it are found by its name.
template <class S>
struct Register {
  using scalar = S;
  using P = simd::Packet<S>;
  static constexpr std::size_t count = simd::lanes<S>;

  P packet;

  struct mask {
    decltype(simd::less(std::declval<P>(), std::declval<P>())) lanes;
    ODOT_INLINE friend mask operator&&(const mask& a, const mask& b) { return {simd::both(a.lanes, b.lanes)}; }
    ODOT_INLINE friend mask operator||(const mask& a, const mask& b) { return {simd::either(a.lanes, b.lanes)}; }
    ODOT_INLINE friend mask operator!(const mask& a) { return {simd::opposite(a.lanes)}; }
    ODOT_INLINE friend bool any(const mask& a) { return simd::any(a.lanes); }
  };

  Register() = default;
  ODOT_INLINE Register(const P& from) : packet(from) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  ODOT_INLINE Register(T value) : packet(simd::all(static_cast<S>(value))) {}

  ODOT_INLINE friend Register operator+(const Register& a, const Register& b) {
    return {simd::add(a.packet, b.packet)};
  }
  ODOT_INLINE friend Register operator-(const Register& a, const Register& b) {
    return {simd::subtract(a.packet, b.packet)};
  }
  ODOT_INLINE friend Register operator*(const Register& a, const Register& b) {
    return {simd::multiply(a.packet, b.packet)};
  }
  ODOT_INLINE friend Register operator/(const Register& a, const Register& b) {
    return {simd::divide(a.packet, b.packet)};
  }
  ODOT_INLINE friend Register operator-(const Register& a) { return {simd::negate(a.packet)}; }
  ODOT_INLINE friend mask operator<(const Register& a, const Register& b) { return {simd::less(a.packet, b.packet)}; }
  ODOT_INLINE friend mask operator<=(const Register& a, const Register& b) {
    return {simd::less_or_equal(a.packet, b.packet)};
  }
  ODOT_INLINE friend mask operator>(const Register& a, const Register& b) { return b < a; }
  ODOT_INLINE friend mask operator>=(const Register& a, const Register& b) { return b <= a; }
  ODOT_INLINE friend mask operator==(const Register& a, const Register& b) { return {simd::equal(a.packet, b.packet)}; }
  ODOT_INLINE friend mask operator!=(const Register& a, const Register& b) { return !(a == b); }

  ODOT_INLINE friend S first_of(const Register& a) { return Eigen::internal::pfirst(a.packet); }
  ODOT_INLINE friend Register select(const mask& chosen, const Register& a, const Register& b) {
    return {simd::choose(chosen.lanes, a.packet, b.packet)};
  }
  ODOT_INLINE friend Register multiply_add(const Register& a, const Register& b, const Register& c) {
    return {simd::multiply_add(a.packet, b.packet, c.packet)};
  }
  ODOT_INLINE friend Register minimum(const Register& a, const Register& b) {
    return {simd::smaller_or_nan(a.packet, b.packet)};
  }
  ODOT_INLINE friend Register maximum(const Register& a, const Register& b) {
    return {simd::larger_or_nan(a.packet, b.packet)};
  }
  ODOT_INLINE friend Register abs(const Register& a) { return {simd::abs(a.packet)}; }
  ODOT_INLINE friend Register sqrt(const Register& a) { return {simd::sqrt_of_any<S>(a.packet)}; }
  ODOT_INLINE friend Register exp(const Register& a) { return {simd::exp_of_any<S>(a.packet)}; }
  ODOT_INLINE friend Register log(const Register& a) { return {simd::log_of_any<S>(a.packet)}; }
  ODOT_INLINE friend NormalDistribution<Register> normal_distribution(const Register& a) {
    const auto normal = simd::normal_distribution<S>(a.packet);
    return {normal.probability, normal.density};
  }

  ODOT_INLINE friend Register log1p(const Register& a) {
    if constexpr (std::is_same_v<S, float>) return {Eigen::internal::plog1p(a.packet)};
    else return {simd::log1p_of_doubles(a.packet)};
  }
  ODOT_INLINE friend Register tanh(const Register& a) {
    if constexpr (std::is_same_v<S, float>) return {Eigen::internal::ptanh(a.packet)};
    else return {simd::tanh_of_doubles(a.packet)};
  }
  ODOT_INLINE friend Register sin(const Register& a) {
    if constexpr (std::is_same_v<S, float>) return {Eigen::internal::psin(a.packet)};
    else return {simd::sin_of_doubles(a.packet)};
  }
  ODOT_INLINE friend Register cos(const Register& a) {
    if constexpr (std::is_same_v<S, float>) return {Eigen::internal::pcos(a.packet)};
    else return {simd::cos_of_doubles(a.packet)};
  }
  ODOT_INLINE friend Register erf(const Register& a) { return {simd::erf_of_any<S>(a.packet)}; }
  ODOT_INLINE friend Register pow(const Register& a, const Register& b) {
    return {simd::power_of_any<S>(a.packet, b.packet)};
  }
};

}  // namespace detail

/// As many numbers of type S as a SIMD register has; one where there are no registers for S.
template <class S>
using Packed = std::conditional_t<(simd::lanes<S> > 1), detail::Register<S>, Lanes<S, 1>>;

}  // namespace odot::kernels
