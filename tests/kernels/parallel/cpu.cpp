// SPDX-License-Identifier: MIT
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <type_traits>
#include <vector>

#include "odot/core/error.hpp"
#include "support/parallel_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class S>
void check_shapes(int threads) {
  Workspace<Cpu> workspace(threads);
  const PrimitiveCases<Cpu, S> cases{workspace};
  for (const auto& [rows, columns] : shapes_of_work()) cases.all(rows, columns);
  for (const std::size_t rows : {0u, 1u, 700u}) {
    cases.all(rows, std::integral_constant<std::size_t, 1>{});
    cases.all(rows, std::integral_constant<std::size_t, 10>{});
    cases.all(rows, std::integral_constant<std::size_t, 67>{});
  }
  for (const std::size_t columns : {0u, 1u, 17u, 40'000u}) cases.prepared_map(columns);
}

template <class S>
void check_same_bits_of_threads() {
  for (const auto& [rows, columns] : shapes_of_work()) {
    CAPTURE(rows);
    CAPTURE(columns);
    Workspace<Cpu> one(1);
    const std::vector<unsigned char> expected = PrimitiveCases<Cpu, S>{one}.bits(rows, columns);
    for (const int threads : {2, 3, 8}) {
      Workspace<Cpu> several(threads);
      CHECK(PrimitiveCases<Cpu, S>{several}.bits(rows, columns) == expected);
    }
  }
}

struct Refusing {
  void operator()(const auto& run) const {
    if (run.column == 0 && run.row == 3) throw ArgumentError("row 3");
  }
};

}  // namespace

TEST_CASE("maps, row programs and reductions reach every element once, whatever the shape") {
  check_shapes<float>(1);
  check_shapes<double>(1);
}

TEST_CASE("and so they do on several threads") { check_shapes<float>(3); }

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits_of_threads<float>();
  check_same_bits_of_threads<double>();
}

TEST_CASE("an element's bits do not depend on its position") {
  Workspace<Cpu> workspace(1);
  PrimitiveCases<Cpu, float>{workspace}.positions();
  PrimitiveCases<Cpu, double>{workspace}.positions();
}

TEST_CASE("a row's sums do not depend on its position") {
  Workspace<Cpu> workspace(2);
  for (const std::size_t columns : {3u, 10u, 33u, 500u, 3001u, 20'001u}) {
    PrimitiveCases<Cpu, float>{workspace}.row_positions(columns);
    PrimitiveCases<Cpu, double>{workspace}.row_positions(columns);
  }
}

TEST_CASE("long sums are as exact as short ones") {
  Workspace<Cpu> workspace(2);
  PrimitiveCases<Cpu, float>{workspace}.long_sums(2'000'003, 2e-6);
  PrimitiveCases<Cpu, double>{workspace}.long_sums(2'000'003, 1e-11);
}

TEST_CASE("what a program throws is thrown by the primitive") {
  Workspace<Cpu> workspace(2);
  CHECK_THROWS_AS(kernels::Parallel<Cpu>::map<float>(workspace, 5, std::size_t{20'000}, Refusing{}), ArgumentError);
}
