// SPDX-License-Identifier: MIT
#include "odot/kernels/conv2d/cpu.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_conv2d.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::Conv2d<Cpu>;

template <class G, class S>
struct Problem {
  explicit Problem(std::size_t samples) : x(samples), dx(samples), y(samples), dy(samples) {
    std::ranges::copy(hash_uniform<S>(x.size(), 0), x.data());
    std::ranges::copy(hash_uniform<S>(dy.size(), 100'000), dy.data());
    std::ranges::copy(hash_uniform<S>(weight.size(), 200'000), weight.data());
    std::ranges::copy(hash_uniform<S>(bias.size(), 300'000), bias.data());
    std::ranges::fill(y.span(), S{77});
    std::ranges::fill(dx.span(), S{77});
  }

  void forward(int threads, bool with_bias) {
    Workspace<Cpu> workspace(threads);
    using B = TensorView<typename G::bias, const S>;
    Kernel::forward<G, S>(workspace, x, weight, with_bias ? B(bias) : B(), y);
  }
  void backward(int threads, bool with_bias, bool with_input) {
    Workspace<Cpu> workspace(threads);
    using B = TensorView<typename G::bias, S>;
    Kernel::backward<G, S>(workspace, x, weight, dy, dweight, with_bias ? B(dbias) : B(),
                           with_input ? dx.view() : BatchView<typename G::input, S>());
  }

  Batch<typename G::input, S> x, dx;
  Batch<typename G::output, S> y, dy;
  Tensor<typename G::weight, S> weight, dweight;
  Tensor<typename G::bias, S> bias, dbias;
};

template <class S, class Owner>
std::span<const S> values(const Owner& owner) {
  return {owner.data(), owner.size()};
}

template <class S>
std::vector<S> copy_of(const auto& owner) {
  return {owner.data(), owner.data() + owner.size()};
}

/// All that the contract says of one geometry, on `samples` samples.
template <class G, class S>
void check_contract(std::size_t samples, double tolerance) {
  using Naive = NaiveConv2d<G>;
  CAPTURE(G::input::to_string());
  CAPTURE(G::K);
  CAPTURE(G::stride);
  CAPTURE(G::padding);
  Problem<G, S> p(samples);

  p.forward(1, false);
  CHECK(difference(p.y.span(), Naive::template forward<S>(samples, p.x.span(), values<S>(p.weight), {}), tolerance) ==
        "");
  p.forward(1, true);
  CHECK(difference(p.y.span(),
                   Naive::template forward<S>(samples, p.x.span(), values<S>(p.weight), values<S>(p.bias)),
                   tolerance) == "");

  std::ranges::fill_n(p.dweight.data(), p.dweight.size(), S{3});
  std::ranges::fill_n(p.dbias.data(), p.dbias.size(), S{-5});
  auto expected = Naive::template backward<S>(samples, p.x.span(), values<S>(p.weight), p.dy.span());
  for (double& g : expected.weight) g += 3;
  for (double& g : expected.bias) g -= 5;
  p.backward(1, true, true);
  CHECK(difference(values<S>(p.dweight), expected.weight, tolerance) == "");
  CHECK(difference(values<S>(p.dbias), expected.bias, tolerance) == "");
  CHECK(difference(p.dx.span(), expected.x, tolerance) == "");

  Problem<G, S> without(samples);
  without.backward(1, false, false);
  for (double& g : expected.weight) g -= 3;
  CHECK(difference(values<S>(without.dweight), expected.weight, 10 * tolerance) == "");
  CHECK(copy_of<S>(without.dbias) == std::vector<S>(G::O, S{0}));
  CHECK(copy_of<S>(without.dx) == std::vector<S>(without.dx.size(), S{77}));

  for (const int threads : {2, 3}) {
    Problem<G, S> q(samples);
    q.forward(threads, true);
    CHECK(copy_of<S>(q.y) == copy_of<S>(p.y));
    q.backward(threads, false, true);
    CHECK(copy_of<S>(q.dweight) == copy_of<S>(without.dweight));
    CHECK(copy_of<S>(q.dx) == copy_of<S>(p.dx));
  }
}

template <std::size_t C, std::size_t H, std::size_t W, std::size_t O, std::size_t K, std::size_t Stride,
          std::size_t Padding>
using Geometry = kernels::ConvGeometry<Shape<C, H, W>, O, K, Stride, Padding>;

}  // namespace

static_assert(Geometry<3, 5, 4, 5, 3, 1, 1>::out_h == 5 && Geometry<3, 5, 4, 5, 3, 1, 1>::out_w == 4);
static_assert(Geometry<2, 7, 6, 3, 3, 2, 1>::out_h == 4 && Geometry<2, 7, 6, 3, 3, 2, 1>::out_w == 3);
static_assert(Kernel::direct<Geometry<3, 5, 4, 5, 3, 1, 1>> && Kernel::direct<Geometry<3, 5, 4, 5, 1, 1, 0>>);
static_assert(!Kernel::direct<Geometry<3, 5, 4, 5, 3, 2, 1>> && !Kernel::direct<Geometry<3, 5, 4, 5, 1, 1, 1>>);
static_assert(Kernel::winograd<Geometry<16, 9, 7, 17, 3, 1, 1>> && !Kernel::winograd<Geometry<8, 9, 7, 17, 3, 1, 1>>);

TEST_CASE("direct convolution, 3x3 with padding 1, fulfils its contract") {
  check_contract<Geometry<3, 5, 4, 5, 3, 1, 1>, double>(1, 1e-14);
  check_contract<Geometry<3, 5, 4, 5, 3, 1, 1>, double>(35, 1e-13);
  check_contract<Geometry<2, 9, 23, 3, 3, 1, 1>, float>(6, 2e-6);  // several registers a line
}

TEST_CASE("direct convolution without padding fulfils its contract") {
  check_contract<Geometry<2, 7, 6, 3, 3, 1, 0>, double>(3, 1e-14);
  check_contract<Geometry<2, 3, 3, 1, 3, 1, 0>, double>(2, 1e-14);  // one output position
}

TEST_CASE("direct convolution with kernels of 1x1 and 5x5 fulfils its contract") {
  check_contract<Geometry<3, 4, 5, 1, 1, 1, 0>, double>(5, 1e-14);
  check_contract<Geometry<2, 6, 7, 3, 5, 1, 2>, double>(3, 1e-14);
}

TEST_CASE("Winograd's convolution fulfils its contract, with whole and broken tiles") {
  check_contract<Geometry<16, 9, 7, 17, 3, 1, 1>, double>(19, 1e-12);
  check_contract<Geometry<17, 8, 4, 16, 3, 1, 0>, double>(8, 1e-12);
  check_contract<Geometry<16, 4, 13, 18, 3, 1, 2>, double>(5, 1e-12);
  check_contract<Geometry<16, 28, 28, 16, 3, 1, 1>, float>(17, 3e-5);  // its transforms cost some accuracy
}

TEST_CASE("a few samples of a Winograd geometry take the direct kernel") {
  check_contract<Geometry<16, 9, 7, 17, 3, 1, 1>, double>(1, 1e-13);
}

TEST_CASE("convolution by im2col with strides fulfils its contract") {
  check_contract<Geometry<3, 6, 8, 5, 2, 2, 0>, double>(3, 1e-14);
  check_contract<Geometry<2, 7, 6, 3, 3, 2, 1>, double>(33, 1e-13);
}

TEST_CASE("convolution by im2col with as much padding as kernel fulfils its contract") {
  check_contract<Geometry<2, 3, 4, 3, 1, 1, 1>, double>(2, 1e-14);
}

TEST_CASE("rows that a stride leaves over get no gradient") {
  // 2×2 kernel, stride 2, over 5×3: the last row and column are never read.
  using G = Geometry<1, 5, 3, 1, 2, 2, 0>;
  Problem<G, double> p(1);
  p.backward(1, true, true);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 3; ++j) CHECK((p.dx[0](0, i, j) == 0) == (i == 4 || j == 2));
}
