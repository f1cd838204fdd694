// SPDX-License-Identifier: MIT
// Random tensors, and tensors from the host's arrays, on the Gpu against the Cpu.

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"

using namespace odot;

TEST_CASE_TEMPLATE("random tensors and batches match the Cpu's, to the bit", Scalar, float, double) {
  const Random random(Seed{3}, 2);
  const auto check = [](const auto& found, const auto& expected) {
    const auto copy = found.template to<Cpu>();
    REQUIRE(copy.size() == expected.size());
    for (std::size_t i = 0; i < copy.size(); ++i) CHECK(copy.data()[i] == expected.data()[i]);
  };
  check(uniform<Tensor<Shape<3, 5>, Scalar, Gpu>>(random, -1, 2), uniform<Tensor<Shape<3, 5>, Scalar>>(random, -1, 2));
  check(normal<Batch<Shape<7>, Scalar, Gpu>>(9, random), normal<Batch<Shape<7>, Scalar>>(9, random));
  Batch<Shape<2>, Scalar, Gpu> device(3);
  Batch<Shape<2>, Scalar> host(3);
  fill_normal(device[1], 1, 0.5, random);
  fill_normal(host[1], 1, 0.5, random);
  check(device, host);
}

TEST_CASE("a vector of the host becomes a batch or tensor on the Gpu") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const auto batch = Batch<Shape<2>, float, Gpu>::from(values).to<Cpu>();
  const auto tensor = Tensor<Shape<3, 2>, float, Gpu>::from(values).to<Cpu>();
  REQUIRE(batch.samples() == 3);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(batch.data()[i] == values[i]);
    CHECK(tensor.data()[i] == values[i]);
  }
  CHECK(Batch<Shape<2>, float, Gpu>::from(std::vector<float>{}).samples() == 0);
}
