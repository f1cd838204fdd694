// SPDX-License-Identifier: MIT
// The Gpu's attention over images against the same naive reference as the Cpu's: heads, and the fused block in both of its
// forms.

#include <doctest/doctest.h>

#include <cstddef>

#include "odot/gpu.hpp"
#include "support/attention_block_cases.hpp"
#include "support/attention_heads_problem.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

namespace {

constexpr std::size_t team = 17, lanes = kernels::AttentionBlock<Gpu>::lane_samples + 2;

}  // namespace

TEST_CASE("heads match the naive reference on the Gpu") {
  for (const std::size_t samples : {1u, 17u}) {
    check_heads<Gpu, HeadNorm::none, double>(samples, true, 1e-12);
    check_heads<Gpu, HeadNorm::plain, double>(samples, false, 1e-11);
    check_heads<Gpu, HeadNorm::affine, float>(samples, true, 2e-5);
  }
}

TEST_CASE("the fused block matches the naive composition on the Gpu, one team and one lane per sample") {
  for (const std::size_t samples : {team, lanes}) {
    check_block<Gpu, HeadNorm::plain, true, true, false>(samples, 1e-11, 2.0);
    check_block<Gpu, HeadNorm::affine, true, false, true>(samples, 1e-11, 0.4);
    check_block<Gpu, HeadNorm::none, false, true, false>(samples, 5e-5, 2.0f);
  }
}
