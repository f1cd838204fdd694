#pragma once
// SPDX-License-Identifier: MIT
// All that the convolution's contract says of one geometry, checked against the naive reference.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_conv2d.hpp"

namespace odot::test {

/// The kernel's inputs, numbers of a formula, and outputs, garbage.
template <class G, class S>
struct ConvProblem {
  explicit ConvProblem(std::size_t samples) : x(samples), dx(samples), y(samples), dy(samples) {
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
    kernels::Conv2d<Cpu>::forward<G, S>(workspace, x, weight, with_bias ? B(bias) : B(), y);
  }
  void backward(int threads, bool with_bias, bool with_input) {
    Workspace<Cpu> workspace(threads);
    using B = TensorView<typename G::bias, S>;
    kernels::Conv2d<Cpu>::backward<G, S>(workspace, x, weight, dy, dweight, with_bias ? B(dbias) : B(),
                                         with_input ? dx.view() : BatchView<typename G::input, S>());
  }

  Batch<typename G::input, S> x, dx;
  Batch<typename G::output, S> y, dy;
  Tensor<typename G::weight, S> weight, dweight;
  Tensor<typename G::bias, S> bias, dbias;
};

/// All that the contract says of one geometry, on `samples` samples.
template <class G, class S>
void check_conv2d(std::size_t samples, double tolerance) {
  using Naive = NaiveConv2d<G>;
  const auto values = [](const auto& owner) { return std::span<const S>(owner.data(), owner.size()); };
  const auto copy_of = [](const auto& owner) { return std::vector<S>(owner.data(), owner.data() + owner.size()); };
  CAPTURE(G::input::to_string());
  CAPTURE(G::K);
  CAPTURE(G::stride);
  CAPTURE(G::padding);
  ConvProblem<G, S> p(samples);

  p.forward(1, false);
  CHECK(difference(p.y.span(), Naive::template forward<S>(samples, p.x.span(), values(p.weight), {}), tolerance) == "");
  p.forward(1, true);
  CHECK(difference(p.y.span(), Naive::template forward<S>(samples, p.x.span(), values(p.weight), values(p.bias)),
                   tolerance) == "");

  std::ranges::fill_n(p.dweight.data(), p.dweight.size(), S{3});
  std::ranges::fill_n(p.dbias.data(), p.dbias.size(), S{-5});
  auto expected = Naive::template backward<S>(samples, p.x.span(), values(p.weight), p.dy.span());
  for (double& g : expected.weight) g += 3;
  for (double& g : expected.bias) g -= 5;
  p.backward(1, true, true);
  CHECK(difference(values(p.dweight), expected.weight, tolerance) == "");
  CHECK(difference(values(p.dbias), expected.bias, tolerance) == "");
  CHECK(difference(p.dx.span(), expected.x, tolerance) == "");

  ConvProblem<G, S> without(samples);
  without.backward(1, false, false);
  for (double& g : expected.weight) g -= 3;
  CHECK(difference(values(without.dweight), expected.weight, 10 * tolerance) == "");
  CHECK(copy_of(without.dbias) == std::vector<S>(G::O, S{0}));
  CHECK(copy_of(without.dx) == std::vector<S>(without.dx.size(), S{77}));

  for (const int threads : {2, 3}) {
    ConvProblem<G, S> q(samples);
    q.forward(threads, true);
    CHECK(copy_of(q.y) == copy_of(p.y));
    q.backward(threads, false, true);
    CHECK(copy_of(q.dweight) == copy_of(without.dweight));
    CHECK(copy_of(q.dx) == copy_of(p.dx));
  }
}

}  // namespace odot::test
