#pragma once
// SPDX-License-Identifier: MIT
// Programs that do all that a program may do, for the tests of the primitives: every device runs the same.

#include <cstddef>
#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::test {

/// y = x · column + row + integer + x, all ways to load and store; visits are counted.
template <class S>
struct EveryAccess {
  const S *x, *transposed, *of_column, *of_row;
  const std::int32_t* integers;
  std::size_t rows;
  S* y;
  double* doubles;
  std::int32_t* visits;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto again = run.load_strided(transposed + run.column * rows + run.row, rows);
    const auto value = run.load(x) * run.load_column(of_column) + run.load_row(of_row) + run.load(integers) +
                       select(again == run.load_from(x + run.offset), again, run.number(1000));
    run.store(y, value);
    run.store_to(doubles + run.offset, value);
    run.store(visits, run.load(visits) + 1);
  }
};

/// y = x · *factor, where the factor lies in the device's memory.
template <class S>
struct Scaled {
  const S* x;
  S factor;
  S* y;
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(y, run.load(x) * factor);
  }
};
template <class S>
struct ScaledByMemory {
  const S *x, *factor;
  S* y;
  ODOT_HOST_DEVICE Scaled<S> prepare() const { return {x, *factor, y}; }
};

/// Functions whose every digit counts.
template <class S>
struct Elementary {
  const S* x;
  S* y;
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto a = run.load(x);
    run.store(y, exp(a) + log(abs(a) + 1) * sqrt(abs(a)) + normal_distribution(a).probability - tanh(a) * sin(a));
  }
};

/// What a row has to say: numbers [rows, row_numbers]; y = x · sum + largest.
inline constexpr std::size_t row_numbers = 8;
template <class S>
struct EveryRowFunction {
  const S* x;
  S wanted;
  std::size_t position;
  S *y, *numbers;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const auto load = [&](const auto& run) { return run.load(x); };
    const S largest = row.largest(load), smallest = row.template reduce<kernels::Smallest>(load), sum = row.sum(load);
    const bool found = row.any([&](const auto& run) { return run.load(x) == wanted; });
    const bool before = row.any([&](const auto& run) { return run.load(x) == wanted && run.columns_before(position); });
    const bool zero = row.any([&](const auto& run) { return run.load(x) == 0; });
    const S at = row.sum([&](const auto& run) { return select(run.column_is(position), run.load(x), 0); });
    row.each([&](const auto& run) { run.store(y, run.load(x) * sum + largest); });
    // y as another thread of the row's may have left it
    const S of_y = row.sum([&](const auto& run) { return run.load(y); });
    S* of_row = numbers + row.index * row_numbers;
    row.once([&] {
      of_row[0] = largest, of_row[1] = smallest, of_row[2] = sum, of_row[3] = S(found), of_row[4] = S(before);
      of_row[5] = S(zero), of_row[6] = at, of_row[7] = of_y + static_cast<S>(row.offset() == 0);
    });
  }
};

/// out += {Σ x, rows, 1}
template <class S>
struct SumOfRows {
  const S* x;
  double* out;

  template <class Row>
  ODOT_HOST_DEVICE auto operator()(const Row& row) const {
    return kernels::terms(static_cast<double>(row.sum([&](const auto& run) { return run.load(x); })), 1.0);
  }
  ODOT_HOST_DEVICE void finish(const kernels::Terms<double, 2>& totals) const {
    out[0] += totals[0], out[1] += totals[1], out[2] += 1;
  }
};
/// The same with one number per row, its index; *out += their sum.
struct SumOfIndices {
  double* out;
  template <class Row>
  ODOT_HOST_DEVICE double operator()(const Row& row) const {
    return static_cast<double>(row.index);
  }
  ODOT_HOST_DEVICE void finish(const kernels::Terms<double, 1>& totals) const { *out += totals[0]; }
};

/// Σ x, Σ x², Σ 1 of rows, out [rows, 3], or of columns, out [3, columns]; visits are counted.
template <class S, class From = S>
struct Moments {
  const From* x;
  std::size_t columns;
  std::int32_t* visits;
  double* out;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    run.store(visits, run.load(visits) + 1);
    const auto value = run.load(x);
    return kernels::terms(value, value * value, run.number(1));
  }
  template <class Total>
  ODOT_HOST_DEVICE void finish(std::size_t row, const kernels::Terms<Total, 3>& totals) const {
    for (std::size_t k = 0; k < 3; ++k) out[row * 3 + k] += static_cast<double>(totals[k]);
  }
  template <class Run, class Number>
    requires(!std::is_same_v<Run, std::size_t>)
  ODOT_HOST_DEVICE void finish(const Run& run, const kernels::Terms<Number, 3>& totals) const {
    for (std::size_t k = 0; k < 3; ++k) {
      double* to = out + k * columns;
      run.store(to, run.load(to) + totals[k]);  // run.row is 0
    }
  }
};

/// The largest or smallest of rows or of columns.
template <class S>
struct Extreme {
  const S* x;
  S* out;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(x);
  }
  ODOT_HOST_DEVICE void finish(std::size_t row, const kernels::Terms<S, 1>& totals) const { out[row] = totals[0]; }
  template <class Run>
    requires(!std::is_same_v<Run, std::size_t>)
  ODOT_HOST_DEVICE void finish(const Run& run, const kernels::Terms<typename Run::Number, 1>& totals) const {
    run.store_to(out + run.column, totals[0]);
  }
};

}  // namespace odot::test
