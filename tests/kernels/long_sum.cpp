// SPDX-License-Identifier: MIT
#include "odot/kernels/long_sum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/batch_norm/cpu/batch_norm.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/layer_norm.hpp"
#include "odot/kernels/log_softmax.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
namespace simd = odot::kernels::simd;

namespace {

template <std::size_t Size, class S>
void check_addresses() {
  CAPTURE(Size);
  std::vector<S> memory(Size + 32);
  S expected{};
  for (std::size_t at = 0; at < 32; ++at) {
    CAPTURE(at);
    std::ranges::copy(hash_uniform(Size, 0), memory.begin() + static_cast<std::ptrdiff_t>(at));
    const S sum = kernels::long_sum<Size>(kernels::array(memory.data() + at, Size));
    if (at == 0) expected = sum;
    CHECK(sum == expected);
  }
}

template <std::size_t Count, class S>
void check_packets(S tolerance) {
  CAPTURE(Count);
  kernels::PacketSum<S, Count> sum, products;
  const auto term = simd::all(S(1.4190675)), factor = simd::all(S(0.7));
  for (std::size_t i = 0; i < Count; ++i) sum.add(term), products.multiply_add(term, factor);
  const double one = S(1.4190675), other = S(0.7);
  S lanes[simd::lanes<S>];
  simd::store(lanes, sum.total());
  for (const S lane : lanes) CHECK(std::abs(static_cast<double>(lane) / (one * Count) - 1) <= tolerance);
  simd::store(lanes, products.total());
  for (const S lane : lanes) CHECK(std::abs(static_cast<double>(lane) / (one * other * Count) - 1) <= tolerance);
}

/// The sum of Count ones, of which some are another number, in every lane.
template <std::size_t Count, class S>
S sum_with(S number, std::initializer_list<std::size_t> places) {
  kernels::PacketSum<S, Count> sum, products;
  for (std::size_t i = 0; i < Count; ++i) {
    const S term = std::ranges::find(places, i) == places.end() ? S{1} : number;
    sum.add(simd::all(term)), products.multiply_add(simd::all(term), simd::all(S{1}));
  }
  S lanes[simd::lanes<S>], of_products[simd::lanes<S>];
  simd::store(lanes, sum.total()), simd::store(of_products, products.total());
  for (std::size_t l = 0; l < simd::lanes<S>; ++l) {
    CHECK((lanes[l] == lanes[0] || std::isnan(lanes[0])));
    CHECK((of_products[l] == lanes[0] || (std::isnan(of_products[l]) && std::isnan(lanes[0]))));
  }
  return lanes[0];
}

/// Whether a kernel, run(x, y), makes the same bits of the same sample in every row of a batch.
template <ShapeType In, class Run>
void check_rows(const Run& run) {
  Batch<In> x(5), y(5);
  const auto values = hash_uniform(In::size, 0);
  for (std::size_t n = 0; n < 5; ++n) std::ranges::copy(values, x[n].data());
  run(x, y);
  for (std::size_t n = 1; n < 5; ++n) CHECK(std::equal(y[0].data(), y[0].data() + In::size, y[n].data()));
}

}  // namespace

TEST_CASE("a sum has the same bits wherever its terms lie") {
  check_addresses<5, float>();
  check_addresses<100, float>();
  check_addresses<1003, float>();
  check_addresses<10'007, float>();
  check_addresses<101, double>();
  check_addresses<1003, double>();
}

TEST_CASE("the same sample has the same results in every row of a batch") {
  Workspace<Cpu> workspace(1);
  using Row = Shape<1003>;
  using Plane = Shape<1, 17, 59>;
  check_rows<Row>([&](const Batch<Row>& x, Batch<Row>& y) {
    using W = TensorView<Row, const float>;
    kernels::LayerNorm<Cpu>::forward<float, 1003>(workspace, 1e-5, x, W(), W(), {}, y);
  });
  check_rows<Row>([&](const Batch<Row>& x, Batch<Row>& y) {
    kernels::LogSoftmax<Cpu>::forward<float, 1003>(workspace, x, y);
    kernels::LogSoftmax<Cpu>::backward<float, 1003>(workspace, y, x, y);
  });
  // Two channels, the second of which lies elsewhere in a register than the first.
  Batch<Shape<2, 17, 59>> planes(1), grad(1), dx(1);
  const auto values = hash_uniform(Plane::size, 0);
  for (std::size_t c = 0; c < 2; ++c) {
    std::ranges::copy(values, &planes[0](c, 0, 0));
    std::ranges::copy(values, &grad[0](c, 0, 0));
  }
  Tensor<Shape<2>> weight{1, 1}, dweight{0, 0}, dbias{0, 0};
  Tensor<Shape<2, 2>> statistics{0.1f, 0.1f, 1.5f, 1.5f};
  kernels::BatchNorm<Cpu>::backward<float, 2, 17, 59>(workspace, planes, weight, statistics, grad, dweight, dbias, dx);
  CHECK(dweight(0) == dweight(1));
  CHECK(dbias(0) == dbias(1));
  CHECK(std::equal(dx.data(), dx.data() + Plane::size, dx.data() + Plane::size));
}

TEST_CASE("sums of packets lose the same at any length") {
  check_packets<3, float>(1e-6f);
  check_packets<64, float>(2e-6f);
  check_packets<65, float>(2e-6f);
  check_packets<1'000'003, float>(2e-6f);
  check_packets<1'000'003, double>(1e-14);
}

TEST_CASE_TEMPLATE("infinity stays what it is in sums of packets, and sums that overflow become it", S, float, double) {
  constexpr S infinity = std::numeric_limits<S>::infinity(), largest = std::numeric_limits<S>::max();
  for (const S sign : {S{1}, S{-1}}) {
    CHECK(sum_with<10>(sign * infinity, {3}) == sign * infinity);
    for (const std::size_t at : {0u, 63u, 64u, 200u, 299u}) {
      CAPTURE(at);
      CHECK(sum_with<300>(sign * infinity, {at}) == sign * infinity);
      CHECK(sum_with<300>(sign * infinity, {at, 150}) == sign * infinity);
    }
    CHECK(sum_with<300>(sign * largest, {3, 100}) == sign * infinity);  // in two stretches
    CHECK(sum_with<300>(sign * largest, {100}) == sign * largest);
  }
  CHECK(std::isnan(sum_with<300>(std::numeric_limits<S>::quiet_NaN(), {100})));
}
