// SPDX-License-Identifier: MIT
#include "odot/kernels/dropout.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "odot/core/tensor.hpp"

using namespace odot;

namespace {

/// The mask by its definition, element by element.
bool keeps(const kernels::DropoutMask& mask, std::uint64_t position) {
  const std::uint64_t bits = mask.random.bits(position / 2);
  return static_cast<std::uint32_t>(position % 2 == 0 ? bits >> 32 : bits) >= mask.threshold();
}

}  // namespace

TEST_CASE("the mask is the one of the definition, from any first sample, over several chunks and threads") {
  using Sh = Shape<7>;  // four elements share a block of the generator: 7 cuts through all of them
  for (const std::size_t first_sample : {0u, 1u, 2u, 3u, 1'000'003u})
    for (const int threads : {1, 2, 3}) {
      Workspace<Cpu> workspace(threads);
      const kernels::DropoutMask mask{Random(Seed{11}, 5), 0.3, first_sample};
      Batch<Sh> x(3001), y(3001);
      for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i + 1);
      kernels::Dropout<Cpu>::forward<Sh, float>(workspace, mask, x, y);
      std::vector<float> expected;
      for (std::size_t i = 0; i < x.size(); ++i)
        expected.push_back(keeps(mask, first_sample * 7 + i) ? x.data()[i] * static_cast<float>(mask.scale()) : 0.0f);
      CHECK(std::vector<float>(y.span().begin(), y.span().end()) == expected);
      kernels::Dropout<Cpu>::forward<Sh, float>(workspace, mask, x, x);  // in place
      CHECK(std::vector<float>(x.span().begin(), x.span().end()) == expected);
    }
}

TEST_CASE("threshold and scale follow from the probability") {
  constexpr kernels::DropoutMask none{Random(Seed{1}, 1), 0.0, 0}, quarter{Random(Seed{1}, 1), 0.25, 0};
  static_assert(none.threshold() == 0 && none.scale() == 1);
  static_assert(quarter.threshold() == 0x40000000u && quarter.scale() == 4.0 / 3);
  CHECK(keeps(none, 12345));
}

TEST_CASE("what is kept is scaled by the probability that it really has") {
  using kernels::DropoutMask;
  const Random random(Seed{1}, 2);
  CHECK(DropoutMask{random, 0}.scale() == 1);
  CHECK(DropoutMask{random, 0.5}.scale() == 2);
  for (const double p : {0.1, 0.3, 0.9}) CHECK(std::abs(DropoutMask{random, p}.scale() * (1 - p) - 1) <= 3e-9);
  // One word in 2³² is kept where p is next to 1: with 1/(1 − p) the mean would be 2,328 times as large.
  CHECK(DropoutMask{random, 1 - 1e-13}.threshold() == 0xFFFFFFFFu);
  CHECK(DropoutMask{random, 1 - 1e-13}.scale() == 0x1p32);
}
