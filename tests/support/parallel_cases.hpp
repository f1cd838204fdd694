#pragma once
// SPDX-License-Identifier: MIT
// Cases of the primitives, the same for every device. Sums of small integers are exact in any order, so they are compared
// with the right numbers; of other numbers the bits are compared.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/workspace.hpp"
#include "support/hash_uniform.hpp"
#include "support/parallel_programs.hpp"
#include "support/row_cases.hpp"

namespace odot::test {

/// Rows and columns around the widths of registers, the lengths of stretches and chunks, and where a device shares out
/// its work in another way.
inline std::vector<std::pair<std::size_t, std::size_t>> shapes_of_work() {
  std::vector<std::pair<std::size_t, std::size_t>> shapes{{0, 5},  {5, 0},  {0, 0},  {1000, 1}, {5000, 3}, {257, 65},
                                                          {63, 9}, {64, 9}, {65, 9}, {129, 4},  {3, 8193}};
  for (const std::size_t columns :
       {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 31u, 33u, 64u, 65u, 127u, 129u, 257u})
    shapes.push_back({5, columns});
  for (const std::size_t columns :
       {511u, 1023u, 1024u, 1025u, 2047u, 4095u, 4096u, 4097u, 16383u, 16384u, 16385u, 40001u})
    shapes.push_back({2, columns});
  shapes.push_back({1, 40001});
  return shapes;
}

/// Integers in [−8, 8).
template <class S>
std::vector<S> small_integers(std::size_t count, std::size_t start = 0) {
  std::vector<S> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<S>(std::floor(8 * hash_uniform(start + i)));
  return values;
}

/// The primitives on a device, with `columns` either a number or a constant.
template <class Device, class S>
struct PrimitiveCases {
  using Parallel = kernels::Parallel<Device>;
  template <class T>
  using Numbers = DeviceNumbers<Device, T>;
  Workspace<Device>& workspace;

  void map(std::size_t rows, auto columns) const {
    const std::size_t C = columns, size = rows * C;
    const std::vector<S> x = small_integers<S>(size), of_column = small_integers<S>(C, 10'000'000),
                         of_row = small_integers<S>(rows, 20'000'000);
    std::vector<S> transposed(size);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < C; ++c) transposed[c * rows + r] = x[r * C + c];
    const std::vector<std::int32_t> integers = small_integers<std::int32_t>(size, 30'000'000);
    const Numbers<S> in(x), in_columns(transposed), column_numbers(of_column), row_numbers_(of_row);
    const Numbers<std::int32_t> whole(integers);
    Numbers<S> y(size + 1);
    Numbers<double> doubles(size + 1);
    Numbers<std::int32_t> visits(std::vector<std::int32_t>(size + 1, 0));
    Parallel::template map<S>(workspace, rows, columns,
                              EveryAccess<S>{in.buffer.data(), in_columns.buffer.data(), column_numbers.buffer.data(),
                                             row_numbers_.buffer.data(), whole.buffer.data(), rows, y.buffer.data(),
                                             doubles.buffer.data(), visits.buffer.data()});
    std::vector<S> expected(size + 1, S{77});
    for (std::size_t i = 0; i < size; ++i)
      expected[i] = x[i] * of_column[i % C] + of_row[i / C] + static_cast<S>(integers[i]) + x[i];
    std::vector<std::int32_t> once(size + 1, 1);
    once[size] = 0;
    CHECK(y.values() == expected);
    CHECK(doubles.values() == std::vector<double>(expected.begin(), expected.end()));
    CHECK(visits.values() == once);
  }

  void prepared_map(std::size_t columns) const {
    const std::vector<S> x = small_integers<S>(columns);
    const Numbers<S> in(x), factor(std::vector<S>{3});
    Numbers<S> y(columns);
    Parallel::template map<S>(workspace, 1, columns,
                              ScaledByMemory<S>{in.buffer.data(), factor.buffer.data(), y.buffer.data()});
    std::vector<S> expected = x;
    for (S& value : expected) value *= 3;
    CHECK(y.values() == expected);
  }

  void each_row(std::size_t rows, auto columns) const {
    const std::size_t C = columns, size = rows * C, position = C / 2;
    std::vector<S> x = small_integers<S>(size, 5);
    for (S& value : x) value = 2 * value + 1;  // none is 0, which the rest of a register holds
    for (std::size_t r = 0; r + 1 < rows && C > 0; r += 2) x[r * C + (r * 7) % C] = 100;
    const Numbers<S> in(x);
    Numbers<S> y(size + 1), numbers(rows * row_numbers + 1);
    Parallel::template each_row<S>(
        workspace, rows, columns,
        EveryRowFunction<S>{in.buffer.data(), S{100}, position, y.buffer.data(), numbers.buffer.data()});
    std::vector<S> expected(size + 1, S{77}), of_rows;
    for (std::size_t r = 0; r < rows; ++r) {
      const S* row = x.data() + r * C;
      S largest = -std::numeric_limits<S>::infinity(), smallest = -largest, sum = 0, of_y = 0;
      for (std::size_t c = 0; c < C; ++c) {
        largest = std::max(largest, row[c]), smallest = std::min(smallest, row[c]), sum += row[c];
      }
      for (std::size_t c = 0; c < C; ++c) expected[r * C + c] = row[c] * sum + largest;
      // too large for floats to be exact
      of_y = sum * sum + static_cast<S>(C) * (C == 0 ? 0 : largest);
      const S* found = std::find(row, row + C, S{100});
      for (const S number : {largest, smallest, sum, S(found != row + C), S(found < row + position), S{0},
                             position < C ? row[position] : S{0}, of_y + S(r * C == 0)})
        of_rows.push_back(number);
    }
    of_rows.push_back(77);
    CHECK(y.values() == expected);
    const std::vector<S> actual = numbers.values();
    REQUIRE(actual.size() == of_rows.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      if (i % row_numbers == 7)
        CHECK(std::abs(actual[i] - of_rows[i]) <= static_cast<S>(1e-5) * (std::abs(of_rows[i]) + 1000));
      else CHECK(actual[i] == of_rows[i]);
    }
  }

  void sum_of_rows(std::size_t rows, auto columns) const {
    const std::vector<S> x = small_integers<S>(rows * columns, 3);
    double sum = 0;
    for (const S value : x) sum += static_cast<double>(value);
    const Numbers<S> in(x);
    Numbers<double> out(std::vector<double>{10, 20, 30}), indices(std::vector<double>{5});
    Parallel::template sum_of_rows<S>(workspace, rows, columns, SumOfRows<S>{in.buffer.data(), out.buffer.data()});
    CHECK(out.values() == std::vector<double>{10 + sum, 20 + static_cast<double>(rows), 31});
    Parallel::template sum_of_rows<S>(workspace, rows, columns, SumOfIndices{indices.buffer.data()});
    const auto all = static_cast<double>(rows);
    CHECK(indices.values() == std::vector<double>{5 + (rows == 0 ? 0 : all * (all - 1) / 2)});
  }

  /// Numbers of type From, added in S.
  template <class From>
  void sums(std::size_t rows, auto columns) const {
    const std::size_t C = columns, size = rows * C;
    const std::vector<From> x = small_integers<From>(size, 3);
    const Numbers<From> in(x);
    std::vector<double> of_rows(rows * 3 + 1, 50), of_columns(3 * C + 1, 50);
    Numbers<double> row_sums(of_rows), column_sums(of_columns);
    Numbers<std::int32_t> visits(std::vector<std::int32_t>(size + 1, 0));
    for (std::size_t i = 0; i < size; ++i) {
      const double value = static_cast<double>(x[i]), powers[3] = {value, value * value, 1};
      for (std::size_t k = 0; k < 3; ++k) of_rows[i / C * 3 + k] += powers[k], of_columns[k * C + i % C] += powers[k];
    }
    Parallel::template reduce_rows<S>(
        workspace, rows, columns, Moments<S, From>{in.buffer.data(), C, visits.buffer.data(), row_sums.buffer.data()});
    CHECK(row_sums.values() == of_rows);
    Parallel::template reduce_columns<S>(
        workspace, rows, columns,
        Moments<S, From>{in.buffer.data(), C, visits.buffer.data(), column_sums.buffer.data()});
    CHECK(column_sums.values() == of_columns);
    std::vector<std::int32_t> twice(size + 1, 2);
    twice[size] = 0;
    CHECK(visits.values() == twice);
  }

  /// NaN in one element is in its row's and its column's result, and nowhere else.
  template <class Reduction>
  void extremes(std::size_t rows, auto columns) const {
    const std::size_t C = columns, size = rows * C;
    const S identity = Reduction::template identity<S>;
    const auto choose = [](S a, S b) {
      return std::isnan(a) || std::isnan(b) ? std::numeric_limits<S>::quiet_NaN() : Reduction::combine(a, b);
    };
    for (const std::size_t bad : {size, std::size_t{0}, size / 2, size - 1}) {
      std::vector<S> x = small_integers<S>(size, 9);
      if (bad < size) x[bad] = std::numeric_limits<S>::quiet_NaN();
      std::vector<S> of_rows(rows, identity), of_columns(C, identity);
      for (std::size_t i = 0; i < size; ++i) {
        of_rows[i / C] = choose(of_rows[i / C], x[i]);
        of_columns[i % C] = choose(of_columns[i % C], x[i]);
      }
      const Numbers<S> in(x);
      Numbers<S> row_result(rows), column_result(C);
      Parallel::template reduce_rows<S, Reduction>(workspace, rows, columns,
                                                   Extreme<S>{in.buffer.data(), row_result.buffer.data()});
      Parallel::template reduce_columns<S, Reduction>(workspace, rows, columns,
                                                      Extreme<S>{in.buffer.data(), column_result.buffer.data()});
      const auto same = [](const std::vector<S>& a, const std::vector<S>& b) {
        return std::ranges::equal(a, b, [](S p, S q) { return p == q || (std::isnan(p) && std::isnan(q)); });
      };
      CHECK(same(row_result.values(), of_rows));
      CHECK(same(column_result.values(), of_columns));
    }
  }

  void all(std::size_t rows, auto columns) const {
    CAPTURE(rows);
    const std::size_t number = columns;
    CAPTURE(number);
    map(rows, columns);
    each_row(rows, columns);
    sum_of_rows(rows, columns);
    sums<S>(rows, columns);
    if constexpr (std::is_same_v<S, double>) sums<float>(rows, columns);
    extremes<kernels::Largest>(rows, columns);
    extremes<kernels::Smallest>(rows, columns);
  }

  /// Sums of `count` numbers that are all alike, so that the roundings of a plain sum go one way, in any of the ways to sum.
  void long_sums(std::size_t count, double tolerance) const {
    const std::vector<S> x(count, static_cast<S>(1.1));
    const double right = static_cast<double>(x[0]) * static_cast<double>(count);
    const auto is_right = [&](double found) { return std::abs(found - right) <= tolerance * right; };
    const Numbers<S> in(x);
    Numbers<std::int32_t> visits(std::vector<std::int32_t>(count, 0));
    Numbers<double> of_row(std::vector<double>(3, 0)), of_column(std::vector<double>(3, 0)),
        of_rows(std::vector<double>(3, 0));
    const auto moments = [&](Numbers<double>& out) {
      return Moments<S>{in.buffer.data(), 1, visits.buffer.data(), out.buffer.data()};
    };
    Parallel::template reduce_rows<S>(workspace, 1, count, moments(of_row));
    Parallel::template reduce_columns<S>(workspace, count, std::size_t{1}, moments(of_column));
    Parallel::template sum_of_rows<S>(workspace, 1, count, SumOfRows<S>{in.buffer.data(), of_rows.buffer.data()});
    CHECK(is_right(of_row.values()[0]));
    CHECK(is_right(of_column.values()[0]));
    CHECK(is_right(of_rows.values()[0]));
    CHECK(of_row.values()[2] == static_cast<double>(count));
    CHECK(of_column.values()[2] == static_cast<double>(count));
  }

  /// The bits of all that the primitives make of numbers whose sums depend on their order.
  std::vector<unsigned char> bits(std::size_t rows, std::size_t columns) const {
    const std::size_t size = rows * columns;
    const Numbers<S> in(hash_uniform<S>(size, 1));
    Numbers<S> y(size), row_y(size), numbers(rows * row_numbers);
    Numbers<double> of_rows(std::vector<double>(rows * 3, 0)), of_columns(std::vector<double>(columns * 3, 0)),
        whole(std::vector<double>(3, 0));
    Numbers<std::int32_t> visits(std::vector<std::int32_t>(size, 0));
    const S* x = in.buffer.data();
    Parallel::template map<S>(workspace, rows, columns, Elementary<S>{x, y.buffer.data()});
    Parallel::template each_row<S>(workspace, rows, columns,
                                   EveryRowFunction<S>{x, S{0}, 0, row_y.buffer.data(), numbers.buffer.data()});
    Parallel::template sum_of_rows<S>(workspace, rows, columns, SumOfRows<S>{x, whole.buffer.data()});
    Parallel::template reduce_rows<S>(workspace, rows, columns,
                                      Moments<S>{x, columns, visits.buffer.data(), of_rows.buffer.data()});
    Parallel::template reduce_columns<S>(workspace, rows, columns,
                                         Moments<S>{x, columns, visits.buffer.data(), of_columns.buffer.data()});
    std::vector<unsigned char> all;
    const auto append = [&](const auto& values) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
      all.insert(all.end(), bytes, bytes + values.size() * sizeof(values[0]));
    };
    append(y.values()), append(row_y.values()), append(numbers.values()), append(whole.values());
    append(of_rows.values()), append(of_columns.values());
    return all;
  }

  /// The same numbers, as one row from any address on, as one column and as rows: an element's bits are the same.
  void positions() const {
    constexpr std::size_t count = 240;
    std::vector<S> x = hash_uniform<S>(count, 0);
    for (std::size_t i = 0; i < count; ++i) x[i] *= i % 3 == 0 ? S{1} : i % 3 == 1 ? S{50} : static_cast<S>(1e-3);
    const Numbers<S> in(x);
    const auto mapped = [&](std::size_t start, std::size_t rows, std::size_t columns) {
      Numbers<S> y(count);
      Parallel::template map<S>(workspace, rows, columns,
                                Elementary<S>{in.buffer.data() + start, y.buffer.data() + start});
      return y.values();
    };
    const std::vector<S> expected = mapped(0, 1, count);
    for (std::size_t start = 0; start < 35; ++start) {
      const std::vector<S> y = mapped(start, 1, count - start);
      CHECK(std::equal(y.begin() + static_cast<std::ptrdiff_t>(start), y.end(),
                       expected.begin() + static_cast<std::ptrdiff_t>(start)));
    }
    for (const std::size_t columns : {1u, 2u, 3u, 5u, 8u, 10u, 15u, 16u, 24u, 48u, 80u})
      CHECK(mapped(0, count / columns, columns) == expected);
  }

  /// A row's sums do not depend on which row it is, nor on where it lies in memory.
  void row_positions(std::size_t columns) const {
    constexpr std::size_t rows = 6;
    const std::vector<S> row = hash_uniform<S>(columns, 4);
    std::vector<std::vector<double>> found;
    for (std::size_t start = 0; start < 3; ++start) {
      std::vector<S> x(start, S{0});
      for (std::size_t r = 0; r < rows; ++r) x.insert(x.end(), row.begin(), row.end());
      const Numbers<S> in(x);
      Numbers<S> y(rows * columns), numbers(rows * row_numbers);
      Numbers<double> sums(std::vector<double>(rows * 3, 0));
      Numbers<std::int32_t> visits(std::vector<std::int32_t>(rows * columns, 0));
      Parallel::template each_row<S>(
          workspace, rows, columns,
          EveryRowFunction<S>{in.buffer.data() + start, S{0}, 0, y.buffer.data(), numbers.buffer.data()});
      Parallel::template reduce_rows<S>(
          workspace, rows, columns,
          Moments<S>{in.buffer.data() + start, columns, visits.buffer.data(), sums.buffer.data()});
      const std::vector<S> of_rows = numbers.values();
      const std::vector<double> reduced = sums.values();
      for (std::size_t r = 0; r < rows; ++r)
        found.push_back({static_cast<double>(of_rows[r * row_numbers + 2]), reduced[r * 3], reduced[r * 3 + 1]});
    }
    for (const std::vector<double>& sums : found) CHECK(sums == found.front());
  }
};

}  // namespace odot::test
