// SPDX-License-Identifier: MIT
#include "odot/kernels/class_token.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

using Kernel = kernels::ClassToken<Cpu>;

TEST_CASE("both passes match the naive reference over many chunks, the token's gradient is added") {
  Workspace<Cpu> workspace(2);
  constexpr std::size_t samples = 20'000;
  Batch<Shape<2, 3>, double> x(samples), dx(samples);
  Batch<Shape<3, 3>, double> y(samples), dy(samples);
  Tensor<Shape<3>, double> token{1, 2, 3}, gradient{10, 20, 30}, without_input{10, 20, 30};
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  std::ranges::copy(hash_uniform(dy.size(), 9), dy.data());
  std::vector<double> outputs, gradients, sums{10, 20, 30};
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t n = i / 9, k = i % 9;
    outputs.push_back(k < 3 ? token(k) : x.data()[n * 6 + k - 3]);
    if (k < 3) sums[k] += dy.data()[i];
    else gradients.push_back(dy.data()[i]);
  }
  Kernel::forward<double, 2, 3>(workspace, x, token, y.view());
  CHECK(difference(y.span(), outputs, 0) == "");
  Kernel::backward<double, 2, 3, 3>(workspace, dy, gradient, dx);
  CHECK(difference(dx.span(), gradients, 0) == "");
  CHECK(difference(gradient.view().span(), sums, 1e-12) == "");
  Kernel::backward<double, 2, 3, 3>(workspace, dy, without_input, BatchView<Shape<2, 3>, double>());
  CHECK(std::ranges::equal(without_input.view().span(), gradient.view().span()));
}
