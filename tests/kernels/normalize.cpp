// SPDX-License-Identifier: MIT
#include "odot/kernels/normalize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <ShapeType Sh>
void check_normalize() {
  constexpr std::size_t C = Sh::extents[0], each = Sh::size / C;
  using Kernel = kernels::Normalize<Cpu>;
  for (const std::size_t samples : {1u, 3u, 2000u}) {
    Workspace<Cpu> workspace(2);
    Batch<Sh, double> x(samples), y(samples);
    Tensor<Shape<C>, double> mean, deviation;
    std::ranges::copy(hash_uniform(x.size(), 3), x.data());
    for (std::size_t c = 0; c < C; ++c) {
      mean(c) = static_cast<double>(c) - 1;
      deviation(c) = static_cast<double>(c) + 0.3;
    }
    std::vector<double> outputs, gradients;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i / each % C;
      outputs.push_back((x.data()[i] - mean(c)) / deviation(c));
      gradients.push_back(x.data()[i] / deviation(c));
    }
    Kernel::forward<Sh, Shape<C>, double>(workspace, x, mean, deviation, y);
    CHECK(difference(y.span(), outputs, 0) == "");
    Kernel::backward<Sh, Shape<C>, double>(workspace, deviation, x, y);
    CHECK(difference(y.span(), gradients, 0) == "");
    Kernel::forward<Sh, Shape<C>, double>(workspace, x, mean, deviation, x);  // in place
    CHECK(difference(x.span(), outputs, 0) == "");
  }
}

}  // namespace

TEST_CASE("both passes match the naive reference, whether a channel is one number or many") {
  check_normalize<Shape<5>>();
  check_normalize<Shape<19>>();
  check_normalize<Shape<1>>();
  check_normalize<Shape<3, 4>>();
  check_normalize<Shape<2, 3, 7>>();
  check_normalize<Shape<1, 5, 9>>();
}
