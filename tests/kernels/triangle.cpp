// SPDX-License-Identifier: MIT
#include "odot/kernels/triangle.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("the rows of the triangle become columns, with zeros for what is not stored") {
  Workspace<Cpu> workspace(1);
  const Tensor<Shape<6>, double> packed{1,     //
                                        2, 3,  //
                                        4, 5, 6};
  Tensor<Shape<3, 3>, double> dense{7, 7, 7, 7, 7, 7, 7, 7, 7};
  kernels::Triangle<Cpu>::unpack<double, 3>(workspace, packed, dense);
  CHECK(difference(dense.view().span(),
                   Tensor<Shape<3, 3>, double>{1, 2, 4,  //
                                               0, 3, 5,  //
                                               0, 0, 6}
                       .view()
                       .span(),
                   0) == "");
}

TEST_CASE("the gradient is added, without the part of the zeros") {
  Workspace<Cpu> workspace(1);
  const Tensor<Shape<2, 2>, double> dense{1, 2,  //
                                          3, 4};
  Tensor<Shape<3>, double> packed{10, 20, 30};
  kernels::Triangle<Cpu>::backward<double, 2>(workspace, dense, packed);
  CHECK(difference(packed.view().span(), Tensor<Shape<3>, double>{11, 22, 34}.view().span(), 0) == "");
}

TEST_CASE("one row is one number") {
  Workspace<Cpu> workspace(1);
  const Tensor<Shape<1>, float> packed{5};
  Tensor<Shape<1, 1>, float> dense;
  kernels::Triangle<Cpu>::unpack<float, 1>(workspace, packed, dense);
  CHECK(dense(0, 0) == 5);
}

TEST_CASE("triangles of more rows than a register has lanes") {
  constexpr std::size_t D = 37;
  Workspace<Cpu> workspace(3);
  Tensor<Shape<D*(D + 1) / 2>> packed;
  Tensor<Shape<D, D>> dense;
  for (std::size_t i = 0; i < D * (D + 1) / 2; ++i) packed.data()[i] = static_cast<float>(i + 1);
  kernels::Triangle<Cpu>::unpack<float, D>(workspace, packed, dense);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < D; ++i)
    for (std::size_t j = 0; j < D; ++j) wrong += dense(j, i) != (j > i ? 0 : packed.data()[i * (i + 1) / 2 + j]);
  for (std::size_t i = 0; i < D * D; ++i) dense.data()[i] = static_cast<float>(i);
  kernels::Triangle<Cpu>::backward<float, D>(workspace, dense, packed);
  for (std::size_t i = 0; i < D; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      const std::size_t at = i * (i + 1) / 2 + j;
      wrong += packed.data()[at] != static_cast<float>(at + 1 + j * D + i);
    }
  CHECK(wrong == 0);
}
