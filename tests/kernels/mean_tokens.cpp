// SPDX-License-Identifier: MIT
#include "odot/kernels/mean_tokens.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

using Kernel = kernels::MeanTokens<Cpu>;

TEST_CASE("both passes match the naive reference over many chunks, with lengths and without") {
  Workspace<Cpu> workspace(2);
  constexpr std::size_t samples = 3000, L = 4, D = 5;
  Batch<Shape<L, D>, double> x(samples), dx(samples);
  Batch<Shape<D>, double> y(samples), dy(samples);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  std::ranges::copy(hash_uniform(dy.size(), 9), dy.data());
  std::vector<std::int32_t> lengths(samples);
  for (std::size_t n = 0; n < samples; ++n) lengths[n] = static_cast<std::int32_t>(n * 7 % 5);  // 0 to 4
  for (const std::int32_t* given : {static_cast<const std::int32_t*>(nullptr), std::as_const(lengths).data()}) {
    std::vector<double> outputs(y.size()), gradients(x.size());
    for (std::size_t n = 0; n < samples; ++n) {
      const std::size_t valid = given ? static_cast<std::size_t>(given[n]) : L;
      for (std::size_t l = 0; l < valid; ++l)
        for (std::size_t d = 0; d < D; ++d) {
          outputs[n * D + d] += x[n](l, d) / static_cast<double>(valid);
          gradients[(n * L + l) * D + d] = dy[n](d) / static_cast<double>(valid);
        }
    }
    Kernel::forward<double, L, D>(workspace, x, given, y);
    CHECK(difference(y.span(), outputs, 1e-15) == "");
    Kernel::backward<double, L, D>(workspace, dy, given, dx);
    CHECK(difference(dx.span(), gradients, 1e-15) == "");
  }
  CHECK_NOTHROW((Kernel::backward<double, L, D>(workspace, dy, nullptr, BatchView<Shape<L, D>, double>())));
}

TEST_CASE("many tokens keep their precision, NaN stays NaN and padding is not looked at") {
  check_mean_tokens_numbers<kernels::MeanTokens, Cpu>();
}
