// SPDX-License-Identifier: MIT
// The primitives on the Gpu: the cases of the Cpu's.

#include <doctest/doctest.h>

#include <cstddef>
#include <type_traits>

#include "odot/gpu.hpp"
#include "support/parallel_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class S>
void check_shapes() {
  Workspace<Gpu> workspace;
  const PrimitiveCases<Gpu, S> cases{workspace};
  for (const auto& [rows, columns] : shapes_of_work()) cases.all(rows, columns);
  for (const std::size_t rows : {0u, 1u, 700u}) {
    cases.all(rows, std::integral_constant<std::size_t, 10>{});
    cases.all(rows, std::integral_constant<std::size_t, 67>{});
  }
  for (const std::size_t columns : {0u, 1u, 17u, 40'000u}) cases.prepared_map(columns);
}

}  // namespace

TEST_CASE("maps, row programs and reductions reach every element once, whatever the shape") {
  check_shapes<float>();
  check_shapes<double>();
}

TEST_CASE("twice the same work gives the same bits") {
  Workspace<Gpu> workspace;
  const PrimitiveCases<Gpu, float> cases{workspace};
  for (const auto& [rows, columns] : shapes_of_work()) CHECK(cases.bits(rows, columns) == cases.bits(rows, columns));
}

TEST_CASE("an element's bits do not depend on its position, nor a row's sums") {
  Workspace<Gpu> workspace;
  const PrimitiveCases<Gpu, float> cases{workspace};
  cases.positions();
  for (const std::size_t columns : {3u, 10u, 33u, 500u, 3001u, 20'001u}) cases.row_positions(columns);
}

TEST_CASE("long sums are as exact as short ones") {
  Workspace<Gpu> workspace;
  PrimitiveCases<Gpu, float>{workspace}.long_sums(500'003, 2e-6);
  PrimitiveCases<Gpu, double>{workspace}.long_sums(500'003, 1e-11);
}
