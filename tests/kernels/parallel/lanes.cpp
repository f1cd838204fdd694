// SPDX-License-Identifier: MIT
#include "odot/kernels/parallel/lanes.hpp"

#include <doctest/doctest.h>

#include <cstddef>

#include "support/number_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Moves Lanes in the plainest way.
template <class S, unsigned N>
struct PlainAccess {
  using Number = kernels::Lanes<S, N>;

  template <bool Whole, class T>
  static Number load(const T* x, std::size_t count) {
    Number number(0);
    for (std::size_t l = 0; l < (Whole ? N : count); ++l) number.values[l] = static_cast<S>(x[l]);
    return number;
  }
  template <bool Whole, class T>
  static void store(T* y, std::size_t count, const Number& number) {
    for (std::size_t l = 0; l < (Whole ? N : count); ++l) y[l] = static_cast<T>(number.values[l]);
  }
  static kernels::LaneMask<N> lanes_before(std::ptrdiff_t position) {
    kernels::LaneMask<N> mask;
    for (unsigned l = 0; l < N; ++l) mask.values[l] = static_cast<std::ptrdiff_t>(l) < position;
    return mask;
  }
  static kernels::LaneMask<N> lane_is(std::ptrdiff_t position) {
    kernels::LaneMask<N> mask;
    for (unsigned l = 0; l < N; ++l) mask.values[l] = static_cast<std::ptrdiff_t>(l) == position;
    return mask;
  }
};

}  // namespace

TEST_CASE("a few numbers side by side compute as the C++ library does, over their whole range") {
  check_number<kernels::Lanes<float, 4>, PlainAccess<float, 4>>(2);
  check_number<kernels::Lanes<double, 2>, PlainAccess<double, 2>>(2);
}

TEST_CASE("one number is Lanes too") {
  check_number<kernels::Lanes<float, 1>, PlainAccess<float, 1>>(2);
  check_number<kernels::Lanes<double, 1>, PlainAccess<double, 1>>(2);
}
