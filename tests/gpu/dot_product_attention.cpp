// SPDX-License-Identifier: MIT
// Dot-product attention on the Gpu with large, small and non-finite numbers, and over long sequences.

#include "odot/kernels/dot_product_attention/gpu/dot_product_attention.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/core/buffer.hpp"
#include "support/dot_product_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

void run_case(DotProductCase& c) {
  using Kernel = kernels::DotProductAttention<Gpu>;
  const std::size_t queries = c.g.heads * c.g.width, values = c.g.heads * c.g.value_width;
  const auto on_device = [](const std::vector<float>& numbers) {
    Buffer<float, Gpu> buffer(numbers.size());
    buffer.from_host(numbers.data());
    return buffer;
  };
  const std::vector<float> garbage(c.q.size(), 77), wide_garbage(c.v.size(), 77);
  Buffer<float, Gpu> q = on_device(c.q), k = on_device(c.k), v = on_device(c.v), dy = on_device(c.dy),
                     y = on_device(wide_garbage), dv = on_device(wide_garbage), dq = on_device(garbage),
                     dk = on_device(garbage), statistics(2 * c.g.heads * c.g.tokens);
  Workspace<Gpu> workspace;
  Kernel::forward<float>(workspace, c.g, 1, {q.data(), queries}, {k.data(), queries}, {v.data(), values}, nullptr,
                         {y.data(), values}, statistics.data());
  Kernel::backward<float>(workspace, c.g, 1, {q.data(), queries}, {k.data(), queries}, {v.data(), values}, nullptr,
                          {y.data(), values}, statistics.data(), {dy.data(), values}, {dq.data(), queries},
                          {dk.data(), queries}, {dv.data(), values});
  c.y = y.to_host();
  c.dq = dq.to_host();
  c.dk = dk.to_host();
  c.dv = dv.to_host();
}

}  // namespace

TEST_CASE("dot-product attention in float is as in double for inputs of every size") {
  check_sizes_of_inputs(run_case);
}

TEST_CASE("where one key takes all of dot-product attention, queries and keys have no gradient") {
  check_saturated_gradients(run_case);
}

TEST_CASE("what is not finite in dot-product attention shows in what depends on it, and there alone") {
  check_not_finite(run_case);
}

TEST_CASE("products of dot-product attention that overflow give NaN or no weight") { check_overflow(run_case); }

TEST_CASE("dot-product attention over a long sequence keeps float's precision") {
  check_long_sequence(1024 + 77, 2e-6, run_case);
}
