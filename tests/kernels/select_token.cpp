// SPDX-License-Identifier: MIT
#include "odot/kernels/select_token.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

using Kernel = kernels::SelectToken<Cpu>;

TEST_CASE("both passes match the naive reference over many chunks, with lengths and without") {
  Workspace<Cpu> workspace(2);
  constexpr std::size_t samples = 9000, L = 4, D = 5;
  Batch<Shape<L, D>> x(samples), dx(samples);
  Batch<Shape<D>> y(samples), dy(samples);
  std::ranges::copy(hash_uniform<float>(x.size(), 0), x.data());
  std::ranges::copy(hash_uniform<float>(dy.size(), 9), dy.data());
  std::vector<std::int32_t> lengths(samples);
  for (std::size_t n = 0; n < samples; ++n) lengths[n] = static_cast<std::int32_t>(n * 7 % 5);  // 0 to 4
  for (const std::int32_t* given : {static_cast<const std::int32_t*>(nullptr), std::as_const(lengths).data()}) {
    std::ranges::fill(dx.span(), 77.0f);
    Kernel::forward<float, L, D>(workspace, x, 2, given, y);
    Kernel::backward<float, L, D>(workspace, dy, 2, given, dx);
    std::size_t wrong = 0;
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t l = 0; l < L; ++l)
        for (std::size_t d = 0; d < D; ++d) {
          const bool chosen = l + 1 == (given ? static_cast<std::size_t>(given[n]) : 3);
          wrong += chosen && y[n](d) != x[n](l, d);
          wrong += given && given[n] == 0 && y[n](d) != 0;
          wrong += dx[n](l, d) != (chosen ? dy[n](d) : 0);
        }
    CHECK(wrong == 0);
  }
  CHECK_NOTHROW((Kernel::backward<float, L, D>(workspace, dy, 2, nullptr, BatchView<Shape<L, D>, float>())));
}
