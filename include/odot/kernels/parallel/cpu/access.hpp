#pragma once
// SPDX-License-Identifier: MIT
// How runs of elements are loaded into SIMD registers and stored, and the runs of a row.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/parallel/cpu/packed.hpp"
#include "odot/kernels/parallel/run.hpp"

namespace odot::kernels::detail {

template <class S, std::size_t K>
struct ShortAccess;

/// How a register's numbers are loaded and stored; numbers of other types are converted.
template <class S>
struct PackedAccess {
  using Number = Packed<S>;
  using Single = ShortAccess<S, 1>;
  static constexpr std::size_t lanes = simd::lanes<S>;

  template <bool Whole, class T>
  static ODOT_INLINE Number load(const T* x, std::size_t count) {
    constexpr bool converted = !std::is_same_v<T, S>;
    if constexpr (converted && Whole) return number(simd::load_converted<S>(x));
    else if constexpr (converted) return load_strided(x, count, 1);
    else if constexpr (Whole) return number(simd::load(x));
    else if constexpr (lanes == 1) return Number(count ? *x : S{0});
    else return number(simd::load_first(x, count));
  }
  template <class T>
  static ODOT_INLINE Number load_strided(const T* x, std::size_t count, std::size_t stride) {
    return generate<false>(count, [=](std::size_t l) { return x[l * stride]; });
  }
  /// f(l) in lane l.
  template <bool Whole, class F>
  static ODOT_INLINE Number generate(std::size_t count, const F& f) {
    alignas(64) S numbers[lanes];
    if constexpr (!Whole) std::fill_n(numbers, lanes, S{0});
    for (std::size_t l = 0; l < (Whole ? lanes : count); ++l) numbers[l] = static_cast<S>(f(l));
    return number(simd::load<S>(numbers));
  }
  template <bool Whole, class T>
  static ODOT_INLINE void store(T* y, std::size_t count, const Number& value) {
    if constexpr (!std::is_same_v<T, S> || (lanes == 1 && !Whole)) store_strided(y, Whole ? lanes : count, 1, value);
    else if constexpr (Whole) simd::store(y, packet(value));
    else simd::store_first(y, count, packet(value));
  }
  /// Of what is stored a KiB after y.
  template <class T>
  static ODOT_INLINE void prefetch_to_store(T* y) {
    simd::prefetch_to_store(y + 1024 / sizeof(T));
  }
  template <class T>
  static ODOT_INLINE void store_strided(T* y, std::size_t count, std::size_t stride, const Number& value) {
    alignas(64) S numbers[lanes];
    simd::store(numbers, packet(value));
    for (std::size_t l = 0; l < count; ++l) y[l * stride] = static_cast<T>(numbers[l]);
  }

  /// Of whole registers; other numbers are repeated and added one by one.
  template <std::size_t Times>
    requires(Times == 2 && lanes > 1)
  static ODOT_INLINE void store_repeated(S* y, const Number& value) {
    simd::store_twice(y, packet(value));
  }
  template <std::size_t Times>
    requires(Times == 2 && lanes > 1)
  static ODOT_INLINE Number sum_of_groups(const S* x) {
    return number(simd::sum_pairs(x));
  }

  static ODOT_INLINE Number count_from(std::size_t first) {
    return number(Eigen::internal::plset<simd::Packet<S>>(static_cast<S>(first)));
  }
  static ODOT_INLINE typename Number::mask lanes_before(std::ptrdiff_t position) {
    return number(Eigen::internal::plset<simd::Packet<S>>(S{0})) < Number(position);
  }
  static ODOT_INLINE typename Number::mask lane_is(std::ptrdiff_t position) {
    return number(Eigen::internal::plset<simd::Packet<S>>(S{0})) == Number(position);
  }

  static ODOT_INLINE Number number(const simd::Packet<S>& packet) { return Number(packet); }
  static ODOT_INLINE simd::Packet<S> packet(const Number& number) {
    if constexpr (lanes > 1) return number.packet;
    else return number.values[0];
  }
};

template <class S, bool Whole>
using PackedRun = Run<Packed<S>, PackedAccess<S>, Whole>;

/// The same for K numbers, fewer than a register's, which the compiler finds instructions for.
template <class S, std::size_t K>
struct ShortAccess {
  using Number = Lanes<S, K>;
  using Single = ShortAccess<S, 1>;

  static ODOT_INLINE Number count_from(std::size_t first) {
    return generate<true>(K, [=](std::size_t l) { return first + l; });
  }
  static ODOT_INLINE typename Number::mask lanes_before(std::ptrdiff_t position) {
    return count_from(0) < Number(position);
  }
  static ODOT_INLINE typename Number::mask lane_is(std::ptrdiff_t position) {
    return count_from(0) == Number(position);
  }

  template <bool Whole, class T>
  static ODOT_INLINE Number load(const T* x, std::size_t count) {
    return generate<Whole>(count, [=](std::size_t l) { return x[l]; });
  }
  template <class T>
  static ODOT_INLINE Number load_strided(const T* x, std::size_t count, std::size_t stride) {
    return generate<false>(count, [=](std::size_t l) { return x[l * stride]; });
  }
  template <bool Whole, class F>
  static ODOT_INLINE Number generate(std::size_t count, const F& f) {
    Number number(S{0});
    for (std::size_t l = 0; l < (Whole ? K : count); ++l) number.values[l] = static_cast<S>(f(l));
    return number;
  }
  template <bool Whole, class T>
  static ODOT_INLINE void store(T* y, std::size_t count, const Number& number) {
    for (std::size_t l = 0; l < (Whole ? K : count); ++l) y[l] = static_cast<T>(number.values[l]);
  }
  template <class T>
  static ODOT_INLINE void store_strided(T* y, std::size_t count, std::size_t stride, const Number& number) {
    for (std::size_t l = 0; l < count; ++l) y[l * stride] = static_cast<T>(number.values[l]);
  }
};

/// Whether rows of this many columns are such: a constant power of two.
template <class S, class Columns>
inline constexpr bool are_short = false;
template <class S, std::size_t K>
inline constexpr bool are_short<S, std::integral_constant<std::size_t, K>> =
    K < simd::lanes<S> && std::has_single_bit(K);

/// Whether rows of this many columns fill at most a quarter of the registers: such can hold a row.
template <class S, class Columns>
inline constexpr bool fill_few_registers = false;
template <class S, std::size_t K>
inline constexpr bool fill_few_registers<S, std::integral_constant<std::size_t, K>> =
    K <= simd::registers / 4 * simd::lanes<S>;

/// A program, with what it makes of a row alone.
template <class Program>
ODOT_INLINE auto with_row(const Program& program, std::size_t row) {
  if constexpr (requires { program.of_row(row); })
    return [&program, of_row = program.of_row(row)](const auto& run) { return program(run, of_row); };
  else return [&program](const auto& run) { return program(run); };
}

/// body(run) for the columns [begin, end) of a row.
template <class S, class Body>
ODOT_INLINE void for_runs(std::size_t row, std::size_t columns, std::size_t begin, std::size_t end, const Body& body) {
  constexpr std::size_t lanes = simd::lanes<S>;
  std::size_t column = begin;
  for (; column + lanes <= end; column += lanes) body(PackedRun<S, true>{row, column, row * columns + column, lanes});
  if (column < end) body(PackedRun < S, lanes == 1 > {row, column, row * columns + column, end - column});
}

/// The same for all columns of a row. The runs of few columns, whose number is a constant, are written out.
template <class S, class Columns, class Body>
ODOT_INLINE void for_all_runs(std::size_t row, const Columns& columns, const Body& body) {
  if constexpr (fill_few_registers<S, Columns>) {
    constexpr std::size_t lanes = simd::lanes<S>, whole = Columns::value / lanes * lanes;
#pragma GCC unroll 8
    for (std::size_t column = 0; column < whole; column += lanes)
      body(PackedRun<S, true>{row, column, row * columns + column, lanes});
    if constexpr (whole < Columns::value)
      body(PackedRun<S, false>{row, whole, row * columns + whole, Columns::value - whole});
  } else {
    for_runs<S>(row, columns, 0, columns, body);
  }
}

/// A number of columns, a constant where it is a std::integral_constant.
template <class Columns>
constexpr std::size_t extent(const Columns& columns) {
  return columns;
}

}  // namespace odot::kernels::detail
