// SPDX-License-Identifier: MIT
#include "odot/core/tensor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace odot;

static_assert(!std::is_copy_constructible_v<Tensor<Shape<2>>> &&
              std::is_nothrow_move_constructible_v<Tensor<Shape<2>>>);
static_assert(std::is_convertible_v<Tensor<Shape<2>>&, TensorView<Shape<2>>>);
static_assert(!std::is_convertible_v<const Tensor<Shape<2>>&, TensorView<Shape<2>>>, "a const tensor stays const");
static_assert(std::is_convertible_v<const Batch<Shape<2>>&, BatchView<Shape<2>, const float>>);

TEST_CASE("a tensor is zero at first and aligned") {
  const Tensor<Shape<3, 5>> tensor;
  CHECK(std::all_of(tensor.data(), tensor.data() + tensor.size(), [](float value) { return value == 0; }));
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % Cpu::alignment == 0);
}

TEST_CASE("a tensor holds the listed values in row-major order") {
  Tensor<Shape<2, 3>, double> tensor{1, 2, 3, 4, 5, 6};
  CHECK(tensor(0, 0) == 1);
  CHECK(tensor(1, 2) == 6);
  tensor(1, 0) = 9;
  CHECK(std::as_const(tensor)(1, 0) == 9);
  CHECK(tensor.view()[3] == 9);
}

TEST_CASE("a tensor rejects too few and too many values, with both numbers") {
  CHECK_THROWS_WITH_AS((Tensor<Shape<2, 2>>{1, 2, 3}), "odot::Tensor [2, 2]: expected 4 values, found 3",
                       ArgumentError);
  CHECK_THROWS_AS((Tensor<Shape<2>>{1, 2, 3}), ArgumentError);
  CHECK_THROWS_WITH_AS((Batch<Shape<2>>(3, {1, 2, 3})), "odot::Batch of 3 × [2]: expected 6 values, found 3",
                       ArgumentError);
}

TEST_CASE("tensors and batches are made of vectors and other arrays of the host") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const auto tensor = Tensor<Shape<2, 3>>::from(values);
  CHECK(tensor(1, 0) == 4);
  const auto batch = Batch<Shape<2>>::from(values);
  REQUIRE(batch.samples() == 3);
  CHECK(batch[2](1) == 6);
  const std::array<double, 2> two{7, 8};
  CHECK(Batch<Shape<1, 1>, double>::from(two)[1](0, 0) == 8);
  CHECK(Batch<Shape<2>>::from(batch.span().first(4))[1](0) == 3);
  CHECK(Batch<Shape<4>>::from(std::vector<float>{}).samples() == 0);
}

TEST_CASE("vectors that do not fit a tensor, or whole samples, are rejected with both numbers") {
  const std::vector<float> values(7);
  CHECK_THROWS_WITH_AS((Tensor<Shape<2, 3>>::from(values)), "odot::Tensor [2, 3]: expected 6 values, found 7",
                       ArgumentError);
  CHECK_THROWS_WITH_AS((Batch<Shape<2>>::from(values)), "odot::Batch of [2]: expected a multiple of 2 values, found 7",
                       ArgumentError);
}

TEST_CASE("moving a tensor moves its memory") {
  Tensor<Shape<2>> tensor{1, 2};
  const float* const memory = tensor.data();
  Tensor<Shape<2>> moved = std::move(tensor);
  CHECK(moved.data() == memory);
  Tensor<Shape<2>> assigned;
  assigned = std::move(moved);
  CHECK(assigned.data() == memory);
  CHECK(assigned(1) == 2);
}

TEST_CASE("a batch holds samples one after the other") {
  Batch<Shape<2>> batch(3, {1, 2, 3, 4, 5, 6});
  CHECK(batch.samples() == 3);
  CHECK(batch.size() == 6);
  CHECK(batch[1](0) == 3);
  batch[2](1) = 9;
  CHECK(std::as_const(batch)[2](1) == 9);
  CHECK(batch.view().span().back() == 9);
}

TEST_CASE("a batch shrinks in place, and all of its views with it") {
  Batch<Shape<2>> batch(3, {1, 2, 3, 4, 5, 6});
  const float* const memory = batch.data();
  batch.resize(2);
  CHECK(batch.data() == memory);
  CHECK(batch.samples() == 2);
  CHECK(batch.span().size() == 4);
  CHECK(std::as_const(batch).span().size() == 4);
  CHECK(batch.view().span().size() == 4);
  batch.resize(3);
  CHECK(batch.data() == memory);
  batch.resize(4);
  CHECK(batch.span().size() == 8);
}

TEST_CASE("a batch of nothing is empty") {
  const Batch<Shape<2>> batch;
  CHECK(batch.samples() == 0);
  CHECK(batch.span().empty());
  CHECK_FALSE(batch.view());
}

TEST_CASE("a batch whose size no number holds is refused, and nothing is allocated") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  // Elements × 4 wrap around to 4, and bytes to 16 where the elements themselves don't.
  for (const std::size_t samples : {most, most / 4 + 2, most / 8 + 2, most / 16 + 2, most / 32 + 2})
    CHECK_THROWS_AS((Batch<Shape<4>>(samples)), ArgumentError);
  CHECK_THROWS_WITH_AS((Batch<Shape<4>>(most)), doctest::Contains("is more than memory can have"), ArgumentError);
  Batch<Shape<4>> batch(2);
  CHECK_THROWS_AS(batch.resize(most / 16 + 2), ArgumentError);
  CHECK(batch.samples() == 2);
  CHECK(batch.span().size() == 8);
}
