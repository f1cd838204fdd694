#pragma once
// SPDX-License-Identifier: MIT
// What reductions reduce: several numbers at once, and how two are combined.

#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// K numbers that are reduced side by side.
template <class Number_, std::size_t K>
struct Terms {
  using Number = Number_;
  static constexpr std::size_t count = K;
  Number values[K];

  ODOT_HOST_DEVICE Number& operator[](std::size_t k) { return values[k]; }
  ODOT_HOST_DEVICE const Number& operator[](std::size_t k) const { return values[k]; }
};

/// Terms of these numbers.
template <class Number, class... Others>
ODOT_HOST_DEVICE Terms<Number, 1 + sizeof...(Others)> terms(const Number& first, const Others&... others) {
  return {{first, others...}};
}

namespace detail {

/// One term or several, as Terms.
template <class Number>
ODOT_HOST_DEVICE Terms<Number, 1> as_terms(const Number& term) {
  return {{term}};
}
template <class Number, std::size_t K>
ODOT_HOST_DEVICE const Terms<Number, K>& as_terms(const Terms<Number, K>& terms) {
  return terms;
}

/// K terms of an empty reduction.
template <class Reduction, class Terms>
ODOT_HOST_DEVICE Terms no_terms() {
  Terms nothing{};
  for (std::size_t k = 0; k < Terms::count; ++k) nothing[k] = Reduction::template identity<typename Terms::Number>;
  return nothing;
}

/// What a program of Parallel::sum_of_rows returns for a row.
template <class Row, class Program>
using RowTerms = std::remove_cvref_t<decltype(as_terms(std::declval<const Program&>()(std::declval<const Row&>())))>;

}  // namespace detail

/// Σ. Sums of floats are joined in double.
struct Sum {
  template <class S>
  using total = double;
  template <class T>
  static constexpr T identity = T(0);
  template <class Number>
  ODOT_HOST_DEVICE static Number combine(const Number& a, const Number& b) {
    return a + b;
  }
};

/// The largest one; NaN if one of them is.
struct Largest {
  template <class S>
  using total = S;
  template <class T>
  static constexpr T identity =
      std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  template <class Number>
  ODOT_HOST_DEVICE static Number combine(const Number& a, const Number& b) {
    return maximum(a, b);
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  ODOT_HOST_DEVICE static T combine(const T& a, const T& b) {
    return a > b || a != a ? a : b;
  }
};

/// The smallest one; NaN if one of them is.
struct Smallest {
  template <class S>
  using total = S;
  template <class T>
  static constexpr T identity =
      std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : (std::numeric_limits<T>::max)();
  template <class Number>
  ODOT_HOST_DEVICE static Number combine(const Number& a, const Number& b) {
    return minimum(a, b);
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  ODOT_HOST_DEVICE static T combine(const T& a, const T& b) {
    return a < b || a != a ? a : b;
  }
};

}  // namespace odot::kernels
