#pragma once
// SPDX-License-Identifier: MIT
// How a thread's numbers are loaded and stored on the Gpu, and the Runs that programs get there.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/gpu/rows.hpp"
#include "odot/kernels/parallel/lanes.hpp"
#include "odot/kernels/parallel/run.hpp"

namespace odot::kernels::gpu {

/// How a thread's numbers are loaded and stored: 16 bytes at a time where possible. Numbers of other types are
/// converted.
template <class S, unsigned N>
struct LaneAccess {
  using Number = Lanes<S, N>;
  using Single = LaneAccess<S, 1>;

  template <bool Whole, class T>
  static ODOT_HOST_DEVICE Number load(const T* x, std::size_t count) {
    if constexpr (std::is_same_v<T, S>) {
      Number number(S{0});
      load_row(x, static_cast<unsigned>(Whole ? N : count), number.values);
      return number;
    } else {
      return load_strided(x, Whole ? N : count, 1);
    }
  }
  template <class T>
  static ODOT_HOST_DEVICE Number load_strided(const T* x, std::size_t count, std::size_t stride) {
    Number number(S{0});
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l)
      if (l < count) number.values[l] = static_cast<S>(x[l * stride]);
    return number;
  }
  static ODOT_HOST_DEVICE Number count_from(std::size_t first) {
    Number number;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) number.values[l] = static_cast<S>(first + l);
    return number;
  }
  /// f(l) in lane l.
  template <bool Whole, class F>
  static ODOT_HOST_DEVICE Number generate(std::size_t count, const F& f) {
    Number number(S{0});
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l)
      if (Whole || l < count) number.values[l] = static_cast<S>(f(std::size_t{l}));
    return number;
  }
  template <bool Whole, class T>
  static ODOT_HOST_DEVICE void store(T* y, std::size_t count, const Number& number) {
    if constexpr (std::is_same_v<T, S>) store_row(number.values, static_cast<unsigned>(Whole ? N : count), y);
    else store_strided(y, Whole ? N : count, 1, number);
  }
  template <class T>
  static ODOT_HOST_DEVICE void store_strided(T* y, std::size_t count, std::size_t stride, const Number& number) {
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l)
      if (l < count) y[l * stride] = static_cast<T>(number.values[l]);
  }
  static ODOT_HOST_DEVICE LaneMask<N> lanes_before(std::ptrdiff_t position) {
    LaneMask<N> mask;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) mask.values[l] = static_cast<std::ptrdiff_t>(l) < position;
    return mask;
  }
  static ODOT_HOST_DEVICE LaneMask<N> lane_is(std::ptrdiff_t position) {
    LaneMask<N> mask;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) mask.values[l] = static_cast<std::ptrdiff_t>(l) == position;
    return mask;
  }
};

template <class S, unsigned N, bool Whole>
using LaneRun = Run<Lanes<S, N>, LaneAccess<S, N>, Whole>;

/// The run of one element.
template <class S>
ODOT_HOST_DEVICE LaneRun<S, 1, true> run_of_one(std::size_t row, std::size_t columns, std::size_t column) {
  return {row, column, row * columns + column, 1};
}

namespace detail {

/// Calls a program for a run, with program.of_row(run.row) if it has that function.
template <class Program, class R>
ODOT_HOST_DEVICE auto call(const Program& program, const R& run) {
  if constexpr (requires { program.of_row(run.row); }) return program(run, program.of_row(run.row));
  else return program(run);
}

}  // namespace detail

}  // namespace odot::kernels::gpu
