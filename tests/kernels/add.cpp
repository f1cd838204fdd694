// SPDX-License-Identifier: MIT
#include "odot/kernels/add.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Sh = Shape<3, 5>;
using Values = Batch<Sh, double>;
using Kernel = kernels::Add<Cpu>;

Values drawn(std::size_t samples, std::size_t start) {
  Values batch(samples);
  for (std::size_t i = 0; i < batch.size(); ++i) batch.data()[i] = hash_uniform(start + i);
  return batch;
}

}  // namespace

TEST_CASE("forward adds element by element, over several chunks and threads") {
  for (const int threads : {1, 2})
    for (const std::size_t samples : {1u, 3u, 5000u}) {
      Workspace<Cpu> workspace(threads);
      const Values a = drawn(samples, 0), b = drawn(samples, 1'000'000);
      Values c(samples);
      Kernel::forward<Sh, double>(workspace, a, b, c);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < c.size(); ++i) wrong += c.data()[i] != a.data()[i] + b.data()[i];
      CHECK(wrong == 0);
    }
}

TEST_CASE("the sum may be written over either summand") {
  Workspace<Cpu> workspace(1);
  Values a = drawn(7, 0), b = drawn(7, 1000);
  const Values a0 = drawn(7, 0), b0 = drawn(7, 1000);
  Kernel::forward<Sh, double>(workspace, a, b0, a);
  Kernel::forward<Sh, double>(workspace, a0, b, b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a.data()[i] == a0.data()[i] + b0.data()[i]);
    CHECK(b.data()[i] == a.data()[i]);
  }
}

TEST_CASE("copy copies, and leaves what is in place already") {
  Workspace<Cpu> workspace(2);
  Values a = drawn(5000, 0), c(5000);
  Kernel::copy<Sh, double>(workspace, a, c);
  Kernel::copy<Sh, double>(workspace, a, a);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < c.size(); ++i) wrong += c.data()[i] != hash_uniform(i) || a.data()[i] != hash_uniform(i);
  CHECK(wrong == 0);
}
