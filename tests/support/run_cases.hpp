#pragma once
// SPDX-License-Identifier: MIT
// Cases of what programs of the primitives are handed, the same for every device: runs, blocks of positions, whole rows.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"
#include "support/hash_uniform.hpp"
#include "support/row_cases.hpp"

namespace odot::test {

/// y = bytes + 1000 · row + 2 · column, and every second number of z; w gets what the first two elements of a run have.
template <class S>
struct RunProgram {
  const std::uint8_t* bytes;
  S *y, *z, *w;

  ODOT_HOST_DEVICE S of_row(std::size_t row) const { return static_cast<S>(1000 * row); }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, S of_row) const {
    const auto twice = run.generate([&](std::size_t l) { return 2 * (run.column + l); });
    const auto sum = run.load(bytes) + of_row + twice;
    run.store(y, sum);
    run.store_strided(z + 2 * run.offset, 2, sum);
    run.first(run.count < 2 ? run.count : 2).store(w, sum);
  }
};

template <class Device, class S, class Columns>
void check_runs(std::size_t rows, const Columns& number) {
  const std::size_t columns = number, size = rows * columns;
  CAPTURE(columns);
  Workspace<Device> workspace(3);
  std::vector<std::uint8_t> table(size);
  for (std::size_t i = 0; i < size; ++i) table[i] = static_cast<std::uint8_t>(i * 37);
  DeviceNumbers<Device, std::uint8_t> bytes(table);
  DeviceNumbers<Device, S> y(size), z(2 * size), w(size);
  kernels::Parallel<Device>::template map<S>(
      workspace, rows, number, RunProgram<S>{bytes.buffer.data(), y.buffer.data(), z.buffer.data(), w.buffer.data()});
  const std::vector<S> all = y.values(), strided = z.values(), some = w.values();
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const S expected = static_cast<S>(table[i] + 1000 * (i / columns) + 2 * (i % columns));
    wrong += all[i] != expected || strided[2 * i] != expected || strided[2 * i + 1] != S(77);
    wrong += some[i] != expected && some[i] != S(77);
    first += i % columns == 0 && some[i] == expected;
  }
  CHECK(wrong == 0);
  CHECK(first == rows);
}

template <class Device>
void check_runs_of_all_widths() {
  for (std::size_t columns = 1; columns <= 40; ++columns) {
    check_runs<Device, float>(7, columns);
    check_runs<Device, double>(5, columns);
    check_runs<Device, std::int32_t>(5, columns);
  }
  check_runs<Device, float>(3, std::size_t{20'000});  // more than a piece of work
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 1>());
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 2>());
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 3>());
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 4>());
  check_runs<Device, double>(9, std::integral_constant<std::size_t, 4>());
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 8>());
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 16>());
  check_runs<Device, float>(9, std::integral_constant<std::size_t, 21>());
}

/// y = position of the element, counted from the beginning of the sequence.
struct BlockProgram {
  double* y;
  template <class Block>
  ODOT_HOST_DEVICE void operator()(const Block& block) const {
    const bool right = block.position % Block::size == 0 && Block::size % 4 == 0;
    block.each([&](const auto& run, std::size_t at) {
      const auto position = run.generate([&](std::size_t l) {
        return right ? static_cast<double>(block.position) + static_cast<double>(at + l) : -1;
      });
      run.store(y, position);
    });
  }
};

template <class Device>
void check_blocks() {
  Workspace<Device> workspace(3);
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{1} << 40})
    for (const std::size_t count : {0u, 1u, 3u, 4u, 5u, 127u, 128u, 129u, 1000u, 50'000u}) {
      CAPTURE(first);
      CAPTURE(count);
      DeviceNumbers<Device, double> y(count + 1);
      kernels::Parallel<Device>::template map_blocks<double>(workspace, first, count, BlockProgram{y.buffer.data()});
      const std::vector<double> positions = y.values();
      std::size_t wrong = positions[count] != 77;
      for (std::size_t i = 0; i < count; ++i) wrong += positions[i] != static_cast<double>(first + i);
      CHECK(wrong == 0);
    }
}

/// Of each row Σ x and Σ x²; then x² in the place of x.
struct RowProgram {
  double *x, *sums;
  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const auto totals = row.sums([&](const auto& run) {
      const auto value = run.load(x);
      return kernels::terms(value, value * value);
    });
    row.once([&] {
      sums[2 * row.index] = totals[0];
      sums[2 * row.index + 1] = totals[1];
    });
    row.each([&](const auto& run) {
      const auto value = run.load(x);
      run.store(x, value * value);
    });
  }
};

template <class Device>
void check_sums_of_rows() {
  Workspace<Device> workspace(3);
  for (const std::size_t columns : {1u, 2u, 16u, 17u, 31u, 32u, 33u, 100u, 1024u, 1025u, 5000u}) {
    CAPTURE(columns);
    constexpr std::size_t rows = 5;
    const std::vector<double> values = hash_uniform(rows * columns, columns);
    DeviceNumbers<Device, double> x(values), sums(2 * rows);
    kernels::Parallel<Device>::template each_row<double>(workspace, rows, columns,
                                                         RowProgram{x.buffer.data(), sums.buffer.data()});
    std::vector<double> expected(2 * rows), squares;
    for (std::size_t i = 0; i < values.size(); ++i) {
      expected[i / columns * 2] += values[i];
      expected[i / columns * 2 + 1] += values[i] * values[i];
      squares.push_back(values[i] * values[i]);
    }
    CHECK(difference_within(sums.values(), expected, 1e-12 * static_cast<double>(columns)) == "");
    CHECK(difference(x.values(), squares, 0) == "");
  }
}

/// Sums over rows of (row + 1) x and of x; then 3 in the place of x, which must come last.
struct ColumnProgram {
  double *x, *weighted, *plain;

  ODOT_HOST_DEVICE double of_row(std::size_t row) const { return static_cast<double>(row + 1); }
  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run, double weight) const {
    return kernels::terms(run.load(x) * weight, run.load(x));
  }
  template <class Row>
  ODOT_HOST_DEVICE void row(const Row& row) const {
    row.each([&](const auto& run) { run.store(x, 3); });
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    run.store(weighted, totals[0]);
    run.store(plain, totals[1]);
  }
};

template <class Device>
void check_sums_of_columns_with_rows() {
  Workspace<Device> workspace(3);
  for (const std::size_t rows : {0u, 1u, 70u, 1000u})
    for (const std::size_t columns : {1u, 5u, 37u, 5000u}) {
      CAPTURE(rows);
      CAPTURE(columns);
      const std::vector<double> values = hash_uniform(rows * columns, columns);
      DeviceNumbers<Device, double> x(values), weighted(columns), plain(columns);
      kernels::Parallel<Device>::template reduce_columns<double>(
          workspace, rows, columns, ColumnProgram{x.buffer.data(), weighted.buffer.data(), plain.buffer.data()});
      std::vector<double> expected(columns), of_all(columns);
      for (std::size_t i = 0; i < values.size(); ++i) {
        expected[i % columns] += static_cast<double>(i / columns + 1) * values[i];
        of_all[i % columns] += values[i];
      }
      CHECK(difference_within(weighted.values(), expected, 1e-8) == "");
      CHECK(difference_within(plain.values(), of_all, 1e-10) == "");
      CHECK(x.values() == std::vector<double>(values.size(), 3));
    }
}

}  // namespace odot::test
