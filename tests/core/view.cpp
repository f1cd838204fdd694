// SPDX-License-Identifier: MIT
#include "odot/core/view.hpp"

#include <doctest/doctest.h>

#include <array>
#include <concepts>
#include <numeric>

using namespace odot;

using View = TensorView<Shape<2, 3>>;
using ConstView = TensorView<Shape<2, 3>, const float>;
static_assert(std::convertible_to<View, ConstView> && !std::convertible_to<ConstView, View>);
static_assert(!std::convertible_to<View, TensorView<Shape<3, 2>>>, "another shape is asked for by as");
static_assert(std::same_as<ConstView::scalar, float>, "scalar is never const");
static_assert(std::convertible_to<BatchView<Shape<2>>, BatchView<Shape<2>, const float>>);

TEST_CASE("a tensor view reads and writes in row-major order") {
  std::array<float, 6> values{0, 1, 2, 3, 4, 5};
  const View view(values.data());
  CHECK(view(1, 0) == 3);
  CHECK(view[5] == 5);
  view(0, 2) = 9;
  CHECK(values[2] == 9);
  CHECK(ConstView(view)(0, 2) == 9);
  CHECK(view.span().size() == 6);
  CHECK(view.span().data() == values.data());
}

TEST_CASE("a tensor view keeps its elements under another shape") {
  std::array<float, 6> values{0, 1, 2, 3, 4, 5};
  const auto turned = View(values.data()).as<Shape<3, 2>>();
  CHECK(turned(2, 1) == 5);
  CHECK(turned(1, 0) == 2);
  CHECK(View(values.data()).as<Shape<6>>()(4) == 4);
}

TEST_CASE("an empty view tests false") {
  float value = 0;
  CHECK_FALSE(View());
  CHECK_FALSE(BatchView<Shape<2>>());
  CHECK(TensorView<Shape<>>(&value));
}

TEST_CASE("a batch view cuts into samples and subbatches") {
  std::array<float, 12> values{};
  std::iota(values.begin(), values.end(), 0.0f);
  const BatchView<Shape<3>> batch(values.data(), 4);
  CHECK(batch.samples() == 4);
  CHECK(batch.size() == 12);
  CHECK(batch[2](1) == 7);
  const auto part = batch.subbatch(1, 2);
  CHECK(part.samples() == 2);
  CHECK(part[0](0) == 3);
  CHECK(part.span().size() == 6);
  CHECK(part.span().back() == 8);
  CHECK(batch.subbatch(4, 0).samples() == 0);
}

TEST_CASE("a batch view keeps its samples under another shape") {
  std::array<float, 12> values{};
  std::iota(values.begin(), values.end(), 0.0f);
  const auto other = BatchView<Shape<6>>(values.data(), 2).as<Shape<2, 3>>();
  CHECK(other.samples() == 2);
  CHECK(other[1](1, 2) == 11);
}
