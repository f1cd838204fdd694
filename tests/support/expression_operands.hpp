#pragma once
// SPDX-License-Identifier: MIT
// Operands of expressions on any device, and their values on the host beside what is expected.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/expressions.hpp"
#include "support/hash_uniform.hpp"

namespace odot::test {

/// Relative error of a few roundings.
template <class S>
inline constexpr double rounding = std::is_same_v<S, float> ? 1e-6 : 4e-15;

/// Tensors and batches of numbers in [-1, 1) in host memory.
template <ShapeType Sh, class S>
Tensor<Sh, S> drawn(std::size_t start) {
  Tensor<Sh, S> tensor;
  std::ranges::copy(hash_uniform<S>(Sh::size, start), tensor.begin());
  return tensor;
}
template <ShapeType Sh, class S>
Batch<Sh, S> drawn(std::size_t samples, std::size_t start) {
  Batch<Sh, S> batch(samples);
  std::ranges::copy(hash_uniform<S>(batch.size(), start), batch.begin());
  return batch;
}

/// The elements of any operand, in row-major order.
template <expressions::Operand A>
auto host_values(const A& a) {
  const auto host = to<Cpu>(a);
  using S = std::remove_cvref_t<decltype(*host.begin())>;
  return std::vector<S>(host.begin(), host.end());
}

/// f(indices…) for all indices of a shape in row-major order.
template <ShapeType Sh, class F, class... Index>
void each_index(const F& f, Index... index) {
  if constexpr (sizeof...(Index) == Sh::rank) {
    f(index...);
  } else {
    for (std::size_t i = 0; i < Sh::extents[sizeof...(Index)]; ++i) each_index<Sh>(f, index..., i);
  }
}
/// The numbers f(indices…), and f(sample, indices…).
template <ShapeType Sh, class F>
std::vector<double> listed(const F& f) {
  std::vector<double> values;
  each_index<Sh>([&](auto... index) { values.push_back(static_cast<double>(f(index...))); });
  return values;
}
template <ShapeType Sh, class F>
std::vector<double> listed(std::size_t samples, const F& f) {
  std::vector<double> values;
  for (std::size_t n = 0; n < samples; ++n)
    each_index<Sh>([&](auto... index) { values.push_back(static_cast<double>(f(n, index...))); });
  return values;
}

/// "" where each number is within `tolerance` of the expected one, relative to it or to `beside` where that is larger; NaN
/// and infinities where they are expected. Else the first that is not. What is below the normal numbers counts as nothing.
template <class S>
std::string off(const std::vector<S>& actual, const std::vector<double>& expected, double tolerance,
                double beside = 0) {
  const auto least = static_cast<double>((std::numeric_limits<S>::min)());
  if (actual.size() != expected.size())
    return std::to_string(actual.size()) + " numbers instead of " + std::to_string(expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto a = static_cast<double>(actual[i]), e = expected[i];
    if (std::isnan(e) ? std::isnan(a)
                      : a == e || std::abs(a - e) <= tolerance * (std::max)(std::abs(e), beside) + least)
      continue;
    char text[120];
    std::snprintf(text, sizeof text, "[%zu]: %.12g instead of %.12g", i, a, e);
    return text;
  }
  return "";
}

/// Checks the value of an expression; sums of numbers near 1 may have errors near the rounding of 1.
template <class S, expressions::Operand A>
void check_value(const A& a, const std::vector<double>& expected, double roundings = 1) {
  CHECK(off(host_values(a), expected, roundings * rounding<S>, 1.0) == "");
}

}  // namespace odot::test
