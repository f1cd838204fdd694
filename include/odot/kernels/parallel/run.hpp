#pragma once
// SPDX-License-Identifier: MIT
// Run: neighbouring elements of a row, as many as are computed at once. The primitives pass Runs to programs.

#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// `count` elements from `column` on of row `row` of a [rows, columns] array, at most Number::count. Whole: exactly
/// that many. Access: how a Number is loaded and stored on the device.
template <class Number_, class Access, bool Whole>
struct Run {
  using Number = Number_;
  using scalar = typename Number::scalar;
  static constexpr bool whole = Whole;

  std::size_t row, column, offset;  ///< offset: of its first element in a row-major array
  std::size_t count;

  /// Its first element alone, for computing what is the same for all columns.
  ODOT_HOST_DEVICE auto single() const {
    using One = typename Access::Single;
    return Run<typename One::Number, One, true>{row, column, offset, 1};
  }
  /// The same number for every element.
  static ODOT_HOST_DEVICE Number number(scalar value) { return Number(value); }
  /// x[offset …] of an array of the same rows and columns.
  template <class T>
  ODOT_HOST_DEVICE Number load(const T* x) const {
    return Access::template load<Whole>(x + offset, count);
  }
  template <class T>
  ODOT_HOST_DEVICE void store(T* y, const Number& value) const {
    Access::template store<Whole>(y + offset, count, value);
  }
  /// The same, for programs that do little but store: what will be stored soon is brought near, so that copies in the
  /// second-level cache take a tenth less time.
  template <class T>
  ODOT_HOST_DEVICE void store_with_prefetch(T* y, const Number& value) const {
    if constexpr (requires { Access::prefetch_to_store(y); }) Access::prefetch_to_store(y + offset);
    store(y, value);
  }
  /// `count` numbers that begin at `x`.
  template <class T>
  ODOT_HOST_DEVICE Number load_from(const T* x) const {
    return Access::template load<Whole>(x, count);
  }
  template <class T>
  ODOT_HOST_DEVICE void store_to(T* y, const Number& value) const {
    Access::template store<Whole>(y, count, value);
  }
  /// `count` numbers that lie `stride` apart.
  template <class T>
  ODOT_HOST_DEVICE Number load_strided(const T* x, std::size_t stride) const {
    return Access::load_strided(x, count, stride);
  }
  template <class T>
  ODOT_HOST_DEVICE void store_strided(T* y, std::size_t stride, const Number& value) const {
    Access::store_strided(y, count, stride, value);
  }
  /// y[Times · l + k] = number l for all k < Times; sums of x[Times · l], …, x[Times · l + Times − 1].
  template <std::size_t Times, class T>
  ODOT_HOST_DEVICE void store_repeated(T* y, const Number& value) const {
    if constexpr (Whole && requires { Access::template store_repeated<Times>(y, value); })
      Access::template store_repeated<Times>(y, value);
    else
      for (std::size_t k = 0; k < Times; ++k) store_strided(y + k, Times, value);
  }
  template <std::size_t Times, class T>
  ODOT_HOST_DEVICE Number sum_of_groups(const T* x) const {
    if constexpr (Whole && requires { Access::template sum_of_groups<Times>(x); }) {
      return Access::template sum_of_groups<Times>(x);
    } else {
      Number sum = load_strided(x, Times);
      for (std::size_t k = 1; k < Times; ++k) sum = sum + load_strided(x + k, Times);
      return sum;
    }
  }
  /// f(0), …, f(count − 1): a number for each element of the run.
  template <class F>
  ODOT_HOST_DEVICE Number generate(const F& f) const {
    return Access::template generate<Whole>(count, f);
  }
  /// Its first `fewer` elements, at most `count`.
  ODOT_HOST_DEVICE Run<Number, Access, false> first(std::size_t fewer) const { return {row, column, offset, fewer}; }
  /// As many elements as Number has, whatever `count` is: for arrays of that length.
  ODOT_HOST_DEVICE Run<Number, Access, true> all_lanes() const { return {row, column, offset, Number::count}; }
  /// x[column …]: the same for every row.
  template <class T>
  ODOT_HOST_DEVICE Number load_column(const T* x) const {
    return Access::template load<Whole>(x + column, count);
  }
  /// first, first + 1, … in the lanes.
  ODOT_HOST_DEVICE Number count_from(std::size_t first) const { return Access::count_from(first); }
  /// The elements whose column is below `position`, and the one whose column it is.
  ODOT_HOST_DEVICE typename Number::mask columns_before(std::size_t position) const {
    return Access::lanes_before(static_cast<std::ptrdiff_t>(position) - static_cast<std::ptrdiff_t>(column));
  }
  ODOT_HOST_DEVICE typename Number::mask column_is(std::size_t position) const {
    return Access::lane_is(static_cast<std::ptrdiff_t>(position) - static_cast<std::ptrdiff_t>(column));
  }
  /// x[row]: the same for every column.
  template <class T>
  ODOT_HOST_DEVICE Number load_row(const T* x) const {
    return Number(x[row]);
  }
};

}  // namespace odot::kernels
