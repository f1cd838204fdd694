#pragma once
// SPDX-License-Identifier: MIT
// Lanes: a few numbers side by side that are computed with as one number is. Function objects that are generic in their
// number are called with Lanes, on any device, or with Packed, a SIMD register of the Cpu (packed.hpp).

#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// The outcome of comparing N numbers, lane by lane: what `select` chooses by.
template <unsigned N>
struct LaneMask {
  bool values[N];

  ODOT_HOST_DEVICE friend LaneMask operator&&(const LaneMask& a, const LaneMask& b) {
    LaneMask both;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) both.values[l] = a.values[l] && b.values[l];
    return both;
  }
  ODOT_HOST_DEVICE friend LaneMask operator||(const LaneMask& a, const LaneMask& b) {
    LaneMask either;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) either.values[l] = a.values[l] || b.values[l];
    return either;
  }
  ODOT_HOST_DEVICE friend LaneMask operator!(const LaneMask& a) {
    LaneMask opposite;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) opposite.values[l] = !a.values[l];
    return opposite;
  }
  /// Whether it holds in some lane.
  ODOT_HOST_DEVICE friend bool any(const LaneMask& a) {
    bool found = false;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) found = found || a.values[l];
    return found;
  }
};

/// Of the standard normal distribution: Φ(x) = (1 + erf(x/√2))/2, the probability below x, and its derivative
/// φ(x) = exp(−x²/2)/√(2π).
template <class Number>
struct NormalDistribution {
  Number probability, density;
};

/// N numbers of type S. Numbers of other types convert, to all lanes alike: `1 - x`, `0.5 * x`.
template <class S, unsigned N>
struct Lanes {
  using scalar = S;
  using mask = LaneMask<N>;
  static constexpr unsigned count = N;

  S values[N];

  Lanes() = default;
  template <class T>
    requires std::is_arithmetic_v<T>
  ODOT_HOST_DEVICE Lanes(T value) {
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) values[l] = static_cast<S>(value);
  }

  /// f(a) and f(a, b), lane by lane.
  template <class F>
  ODOT_HOST_DEVICE static Lanes apply(const F& f, const Lanes& a) {
    Lanes result;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) result.values[l] = f(a.values[l]);
    return result;
  }
  template <class F>
  ODOT_HOST_DEVICE static Lanes apply(const F& f, const Lanes& a, const Lanes& b) {
    Lanes result;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) result.values[l] = f(a.values[l], b.values[l]);
    return result;
  }
  template <class F>
  ODOT_HOST_DEVICE static mask compare(const F& f, const Lanes& a, const Lanes& b) {
    mask result;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) result.values[l] = f(a.values[l], b.values[l]);
    return result;
  }

  ODOT_HOST_DEVICE friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return x + y; }, a, b);
  }
  ODOT_HOST_DEVICE friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return x - y; }, a, b);
  }
  ODOT_HOST_DEVICE friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return x * y; }, a, b);
  }
  ODOT_HOST_DEVICE friend Lanes operator/(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return x / y; }, a, b);
  }
  ODOT_HOST_DEVICE friend Lanes operator-(const Lanes& a) {
    return apply([](S x) { return -x; }, a);
  }
  ODOT_HOST_DEVICE friend mask operator<(const Lanes& a, const Lanes& b) {
    return compare([](S x, S y) { return x < y; }, a, b);
  }
  ODOT_HOST_DEVICE friend mask operator<=(const Lanes& a, const Lanes& b) {
    return compare([](S x, S y) { return x <= y; }, a, b);
  }
  ODOT_HOST_DEVICE friend mask operator>(const Lanes& a, const Lanes& b) { return b < a; }
  ODOT_HOST_DEVICE friend mask operator>=(const Lanes& a, const Lanes& b) { return b <= a; }
  ODOT_HOST_DEVICE friend mask operator==(const Lanes& a, const Lanes& b) {
    return compare([](S x, S y) { return x == y; }, a, b);
  }
  ODOT_HOST_DEVICE friend mask operator!=(const Lanes& a, const Lanes& b) { return !(a == b); }

  /// The number of the first lane.
  ODOT_HOST_DEVICE friend S first_of(const Lanes& a) { return a.values[0]; }
  /// a where the mask holds, else b.
  ODOT_HOST_DEVICE friend Lanes select(const mask& chosen, const Lanes& a, const Lanes& b) {
    Lanes result;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) result.values[l] = chosen.values[l] ? a.values[l] : b.values[l];
    return result;
  }
  /// a · b + c, rounded once or twice.
  ODOT_HOST_DEVICE friend Lanes multiply_add(const Lanes& a, const Lanes& b, const Lanes& c) { return a * b + c; }
  /// The smaller and the larger one; NaN if one of them is.
  ODOT_HOST_DEVICE friend Lanes minimum(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return x < y || x != x ? x : y; }, a, b);
  }
  ODOT_HOST_DEVICE friend Lanes maximum(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return x > y || x != x ? x : y; }, a, b);
  }
  ODOT_HOST_DEVICE friend Lanes abs(const Lanes& a) {
    return apply([](S x) { return std::abs(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes sqrt(const Lanes& a) {
    return apply([](S x) { return std::sqrt(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes exp(const Lanes& a) {
    return apply([](S x) { return std::exp(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes log(const Lanes& a) {
    return apply([](S x) { return std::log(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes log1p(const Lanes& a) {
    return apply([](S x) { return std::log1p(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes tanh(const Lanes& a) {
    return apply([](S x) { return std::tanh(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes erf(const Lanes& a) {
    return apply([](S x) { return std::erf(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes sin(const Lanes& a) {
    return apply([](S x) { return std::sin(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes cos(const Lanes& a) {
    return apply([](S x) { return std::cos(x); }, a);
  }
  ODOT_HOST_DEVICE friend Lanes pow(const Lanes& a, const Lanes& b) {
    return apply([](S x, S y) { return std::pow(x, y); }, a, b);
  }
  ODOT_HOST_DEVICE friend NormalDistribution<Lanes> normal_distribution(const Lanes& a) {
    const S density_at_0 = std::numbers::inv_sqrtpi_v<S> / std::numbers::sqrt2_v<S>;
    return {apply([](S x) { return S{0.5} * std::erfc(-x * (S{1} / std::numbers::sqrt2_v<S>)); }, a),
            exp(Lanes(S{-0.5}) * a * a) * Lanes(density_at_0)};
  }
};

}  // namespace odot::kernels
