#pragma once
// SPDX-License-Identifier: MIT
// Expressions that read rows more than once, and those with parts that are computed once, the same for every device.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "support/expression_operands.hpp"

namespace odot::test {

/// Every row of `values` replaced by what f(row, first, end) makes of each of its elements.
template <class F>
std::vector<double> by_rows_of(std::size_t columns, const std::vector<double>& values, const F& f) {
  std::vector<double> results;
  for (std::size_t start = 0; start < values.size(); start += columns)
    for (std::size_t c = 0; c < columns; ++c) results.push_back(f(values[start + c], &values[start], columns));
  return results;
}
template <class A>
std::vector<double> doubles(const A& a) {
  const auto values = host_values(a);
  return std::vector<double>(values.begin(), values.end());
}

inline double naive_softmax(double x, const double* row, std::size_t columns) {
  const double largest = *std::max_element(row, row + columns);
  double total = 0;
  for (std::size_t c = 0; c < columns; ++c) total += std::exp(row[c] - largest);
  return std::exp(x - largest) / total;
}
inline double naive_normalised(double x, const double* row, std::size_t columns) {
  double mean = 0, variance = 0;
  for (std::size_t c = 0; c < columns; ++c) mean += row[c] / static_cast<double>(columns);
  for (std::size_t c = 0; c < columns; ++c)
    variance += (row[c] - mean) * (row[c] - mean) / static_cast<double>(columns);
  return (x - mean) / std::sqrt(variance + 1e-3);
}

/// Softmaxes and normalised rows of these many columns: of one register, of a few, of many, of several stretches.
template <class Device, class S, std::size_t... Columns>
void check_rows(std::size_t samples) {
  const auto of_columns = [&]<std::size_t C>(std::integral_constant<std::size_t, C>) {
    CAPTURE(C);
    using Sh = Shape<2, C>;
    const auto x = to<Device>(drawn<Sh, S>(samples, C));
    const auto values = doubles(x);
    const auto e = exp(x - max<1>(x));
    check_value<S>(e / sum<1>(e), by_rows_of(C, values, naive_softmax), 4);
    check_value<S>(e * (1 / sum<1>(e)), by_rows_of(C, values, naive_softmax), 4);
    const auto centred = x - mean<1>(x);
    check_value<S>(centred * rsqrt(mean<1>(square(centred)) + 1e-3), by_rows_of(C, values, naive_normalised), 20);
    check_value<S>(x - log(sum<1>(exp(x))),
                   by_rows_of(C, values,
                              [](double a, const double* row, std::size_t columns) {
                                double total = 0;
                                for (std::size_t c = 0; c < columns; ++c) total += std::exp(row[c]);
                                return a - std::log(total);
                              }),
                   8);
  };
  (of_columns(std::integral_constant<std::size_t, Columns>()), ...);
}

/// The exponentials of a row are needed by two reductions and by the value.
template <class Device, class S, std::size_t Columns>
void check_row_of_several_reductions(std::size_t samples) {
  using Sh = Shape<Columns>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 5));
  const auto naive = [](double a, const double* row, std::size_t columns) {
    double sum = 0, squares = 0, largest = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      const double e = std::exp(row[c]);
      sum += e;
      squares += e * e;
      largest = std::max(largest, e);
    }
    return std::exp(a) * sum / squares + largest;
  };
  const auto e = exp(x);
  check_value<S>(e * sum<0>(e) / sum<0>(square(e)) + max<0>(e), by_rows_of(Columns, doubles(x), naive), 20);
  check_value<S>(x * 0 + sum<0>(e) / sum<0>(square(e)),
                 by_rows_of(Columns, doubles(x),
                            [&](double, const double* row, std::size_t columns) {
                              double sum = 0, squares = 0;
                              for (std::size_t c = 0; c < columns; ++c)
                                sum += std::exp(row[c]), squares += std::exp(2 * row[c]);
                              return sum / squares;
                            }),
                 20);
}

/// Rows are written where they were read, added, and written to a part of a tensor.
template <class Device, class S, std::size_t Columns>
void check_targets_of_rows(std::size_t samples) {
  using Sh = Shape<Columns>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 3));
  const auto values = doubles(x);
  const auto softmax = by_rows_of(Columns, values, naive_softmax);
  const auto softmax_of = [](const auto& a) {
    const auto e = exp(a - max<0>(a));
    return e / sum<0>(e);
  };
  auto y = copy(x);
  y = softmax_of(y);
  check_value<S>(y, softmax, 4);
  y = x;
  y += softmax_of(y);
  auto sums = softmax;
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
  check_value<S>(y, sums, 4);
  y = x;
  y = softmax_of(y) + y;  // the target is read after the exponentials have been computed
  check_value<S>(y, sums, 4);

  Batch<Shape<3, Columns>, S, Device> wide(samples);
  fill(wide, 7);
  slice<0, 1, 2>(wide) = as<Shape<1, Columns>>(softmax_of(x));
  Batch<Shape<1, Columns>, S, Device> row(samples);
  row = as<Shape<1, Columns>>(x);
  const auto e = exp(row - max<1>(row));
  slice<0, 2, 3>(wide) = e / sum<1>(e);
  check_value<S>(wide,
                 listed<Shape<3, Columns>>(
                     samples, [&](auto n, auto i, auto j) { return i == 0 ? 7.0 : softmax[n * Columns + j]; }),
                 4);
}

/// Parts of one type with different operands.
template <class Device, class S, std::size_t Columns>
void check_rows_of_two_operands(std::size_t samples) {
  using Sh = Shape<Columns>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 3)), z = to<Device>(drawn<Sh, S>(samples, 4));
  const auto softmax_of = [](const auto& a) {
    const auto e = exp(a - max<0>(a));
    return e / sum<0>(e);
  };
  auto expected = by_rows_of(Columns, doubles(x), naive_softmax);
  const auto of_z = by_rows_of(Columns, doubles(z), naive_softmax);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = 2 * expected[i] - of_z[i];
  check_value<S>(2 * softmax_of(x) - softmax_of(z), expected, 8);
}

/// NaN and infinities stay in their rows.
template <class Device, class S, std::size_t Columns>
void check_rows_of_no_numbers() {
  using Sh = Shape<Columns>;
  auto host = drawn<Sh, S>(4, 9);
  const S not_a_number = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  host[1](Columns - 1) = not_a_number;
  host[2](0) = -infinity;
  host[3](Columns / 2) = infinity;
  const auto x = to<Device>(host);
  const auto e = exp(x - max<0>(x));
  const auto found = host_values(e / sum<0>(e));
  const auto normal = by_rows_of(Columns, doubles(x), naive_softmax);
  for (std::size_t c = 0; c < Columns; ++c) {
    CHECK(std::abs(static_cast<double>(found[c]) - normal[c]) <= 4 * rounding<S>);
    CHECK(std::isnan(found[Columns + c]));
    CHECK(std::abs(static_cast<double>(found[2 * Columns + c]) - normal[2 * Columns + c]) <= 4 * rounding<S>);
    CHECK(std::isnan(found[3 * Columns + c]) == (c == Columns / 2 || std::isnan(normal[3 * Columns + c])));
  }
  CHECK(found[2 * Columns] == 0);
  check_value<S>(max<0>(x), {static_cast<double>(host_values(max<0>(x))[0]), NAN,
                             *std::max_element(&host[2](0), &host[2](0) + Columns), INFINITY});
  CHECK(std::isnan(host_values(min<0>(x))[1]));
}

/// Functions of numbers that are the same for a whole row.
template <class Device, class S>
void check_numbers_of_rows(std::size_t samples) {
  using Sh = Shape<3, 40>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 1));
  const auto a = to<Device>(drawn<Shape<3, 1>, S>(2));
  const auto values = host_values(x), of_rows = host_values(a);
  const auto at = [&](std::size_t n, std::size_t i, std::size_t j) {
    return static_cast<double>(values[(n * 3 + i) * 40 + j]);
  };
  const auto number = [&](std::size_t i) { return static_cast<double>(of_rows[i]); };
  check_value<S>(
      x / (2 + a) + sqrt(abs(a)),
      listed<Sh>(samples, [&](auto n, auto i,
                              auto j) { return at(n, i, j) / (2 + number(i)) + std::sqrt(std::abs(number(i))); }),
      2);
  check_value<S>(
      x * exp(a) + tanh(exp(a)),
      listed<Sh>(samples, [&](auto n, auto i,
                              auto j) { return at(n, i, j) * std::exp(number(i)) + std::tanh(std::exp(number(i))); }),
      4);
  check_value<S>(x / exp(max<1>(x)) * select(a > 0, 1 / a, square(a)),
                 listed<Sh>(samples,
                            [&](auto n, auto i, auto j) {
                              double largest = at(n, i, 0);
                              for (std::size_t c = 1; c < 40; ++c) largest = std::max(largest, at(n, i, c));
                              return at(n, i, j) / std::exp(largest) *
                                     (number(i) > 0 ? 1 / number(i) : number(i) * number(i));
                            }),
                 8);
}

/// Costly functions that occur more than once, of the same operands and of others.
template <class Device, class S>
void check_repeats(std::size_t samples) {
  using Sh = Shape<5, 7>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 1)), z = to<Device>(drawn<Sh, S>(samples, 2));
  const auto b = to<Device>(drawn<Sh, S>(3)), g = to<Device>(drawn<Sh, S>(4));
  const auto vx = doubles(x), vz = doubles(z), vb = doubles(b), vg = doubles(g);
  const auto sigmoid_of = [](double value) { return 1 / (1 + std::exp(-value)); };
  const auto expect = [&](const auto& f) {
    std::vector<double> all;
    for (std::size_t i = 0; i < vx.size(); ++i) all.push_back(f(vx[i], vz[i], vb[i % Sh::size], vg[i % Sh::size]));
    return all;
  };
  const auto s = sigmoid(b * x);
  check_value<S>(s * (1 - s) * x + s, expect([&](double u, double, double v, double) {
                   const double r = sigmoid_of(v * u);
                   return r * (1 - r) * u + r;
                 }),
                 4);
  // Nodes of one type whose operands differ: other samples, another tensor, another number.
  check_value<S>(
      sigmoid(b * x) + 2 * sigmoid(b * z),
      expect([&](double u, double w, double v, double) { return sigmoid_of(v * u) + 2 * sigmoid_of(v * w); }), 4);
  check_value<S>(s * s - sigmoid(g * x), expect([&](double u, double, double v, double k) {
                   return sigmoid_of(v * u) * sigmoid_of(v * u) - sigmoid_of(k * u);
                 }),
                 4);
  check_value<S>(exp(2 * x) + exp(3 * x) * exp(2 * x),
                 expect([](double u, double, double, double) { return std::exp(2 * u) + std::exp(5 * u); }), 8);
  // A repeated part inside a repeated part.
  const auto root = sqrt(1 + s);
  check_value<S>(root / (s + root), expect([&](double u, double, double v, double) {
                   const double r = sigmoid_of(v * u), q = std::sqrt(1 + r);
                   return q / (r + q);
                 }),
                 4);
}

/// The same in several results of one pass.
template <class Device, class S>
void check_repeats_in_several_results(std::size_t samples) {
  using Sh = Shape<19>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 1)), dy = to<Device>(drawn<Sh, S>(samples, 2));
  const auto b = to<Device>(drawn<Sh, S>(3));
  const auto vx = doubles(x), vd = doubles(dy), vb = doubles(b);
  Batch<Sh, S, Device> dx(samples);
  Tensor<Sh, S, Device> db;
  const auto s = sigmoid(b * x);
  assign(dx, dy * s * (1 + b * x * (1 - s)), db, batch_sum(dy * x * x * s * (1 - s)));
  std::vector<double> of_dx, of_db(Sh::size);
  for (std::size_t i = 0; i < vx.size(); ++i) {
    const double k = vb[i % Sh::size], r = 1 / (1 + std::exp(-k * vx[i]));
    of_dx.push_back(vd[i] * r * (1 + k * vx[i] * (1 - r)));
    of_db[i % Sh::size] += vd[i] * vx[i] * vx[i] * r * (1 - r);
  }
  check_value<S>(dx, of_dx, 4);
  check_value<S>(db, of_db, 8);
}

}  // namespace odot::test
