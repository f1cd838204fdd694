// SPDX-License-Identifier: MIT
#include "odot/kernels/relu.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/hash_uniform.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Sh = Shape<2, 3>;
using Values = Batch<Sh, float>;
using Kernel = kernels::ReLU<Cpu>;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::vector<float> values(const Values& batch) { return {batch.span().begin(), batch.span().end()}; }

}  // namespace

TEST_CASE("forward keeps the positive numbers and clears the others") {
  Workspace<Cpu> workspace(1);
  const Values x(2, {-1, 0, 2, 3, -0.5f, -infinity, 1e-30f, -1e-30f, infinity, 5, 6, -7});
  Values y(2);
  Kernel::forward<Sh, float>(workspace, x, y);
  CHECK(values(y) == std::vector<float>{0, 0, 2, 3, 0, 0, 1e-30f, 0, infinity, 5, 6, 0});
}

TEST_CASE("forward keeps NaN") {
  Workspace<Cpu> workspace(1);
  Values x(40), y(40);  // some in SIMD registers, some in the rest
  for (std::size_t i = 0; i < x.size(); i += 3) x.data()[i] = not_a_number;
  Kernel::forward<Sh, float>(workspace, x, y);
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::isnan(y.data()[i]) == (i % 3 == 0));
}

TEST_CASE("backward passes the gradient where the output is positive, and overwrites") {
  Workspace<Cpu> workspace(1);
  const Values y(1, {0, 1, 2, 0, 3, 0}), dy(1, {10, 20, -30, 40, 50, not_a_number});
  Values dx(1, {9, 9, 9, 9, 9, not_a_number});
  Kernel::backward<Sh, float>(workspace, y, dy, dx);
  CHECK(values(dx) == std::vector<float>{0, 20, -30, 0, 50, 0});
}

TEST_CASE("backward does nothing where no input gradient is wanted") {
  Workspace<Cpu> workspace(1);
  const Values y(1, {1, 1, 1, 1, 1, 1}), dy(1, {1, 2, 3, 4, 5, 6});
  Kernel::backward<Sh, float>(workspace, y, dy, BatchView<Sh, float>());
  CHECK(values(dy) == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("both passes work in place, over several chunks and threads") {
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    Values x(20'001), y(x.samples()), dx(x.samples());
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = dx.data()[i] = static_cast<float>(hash_uniform(i));
    Kernel::forward<Sh, float>(workspace, x, y);
    Kernel::backward<Sh, float>(workspace, y, dx, dx);
    Kernel::forward<Sh, float>(workspace, x, x);
    std::vector<float> expected(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) expected[i] = std::max(static_cast<float>(hash_uniform(i)), 0.0f);
    CHECK(values(y) == expected);
    CHECK(values(x) == expected);
    CHECK(values(dx) == expected);
  }
}

TEST_CASE("NaN keeps its gradient, infinities are large numbers") { check_relu_numbers<kernels::ReLU, Cpu>(); }
