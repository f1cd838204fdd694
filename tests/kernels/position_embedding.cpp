// SPDX-License-Identifier: MIT
#include "odot/kernels/position_embedding.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("both passes match the naive reference over many chunks, the gradient is added, and forward works in place") {
  using Sh = Shape<3, 5>;
  using Kernel = kernels::PositionEmbedding<Cpu>;
  Workspace<Cpu> workspace(2);
  constexpr std::size_t samples = 40'000;
  Batch<Sh, double> x(samples), y(samples);
  Tensor<Sh, double> weight, gradient;
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  std::ranges::copy(hash_uniform(Sh::size, 7), weight.data());
  std::fill_n(gradient.data(), Sh::size, 2.0);
  std::vector<double> outputs, sums(Sh::size, 2.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    outputs.push_back(x.data()[i] + weight.data()[i % Sh::size]);
    sums[i % Sh::size] += x.data()[i];
  }
  Kernel::forward<Sh, double>(workspace, x, weight, y);
  CHECK(difference(y.span(), outputs, 0) == "");
  Kernel::backward<Sh, double>(workspace, x, gradient);
  CHECK(difference(gradient.view().span(), sums, 1e-12) == "");
  Kernel::forward<Sh, double>(workspace, x, weight, x);
  CHECK(difference(x.span(), outputs, 0) == "");
}
