#pragma once
// SPDX-License-Identifier: MIT
// Runs a layer on one thread and on several: all that it leaves must have the same bits.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/layer_run.hpp"

namespace odot::test {

/// `lengths`: valid tokens of the samples, repeated as often as needed; none: all are valid.
template <nn::BoundLayer Layer, class Scalar = float>
void check_same_bits(std::size_t samples, const std::vector<std::int32_t>& lengths = {}) {
  const auto result = [&](int threads) {
    LayerRun<Layer, Scalar> run(samples, threads);
    run.draw();
    for (std::size_t n = 0; n < samples && !lengths.empty(); ++n) run.lengths.push_back(lengths[n % lengths.size()]);
    run.forward();
    run.backward();
    std::vector<Scalar> all(run.y.span().begin(), run.y.span().end());
    all.insert(all.end(), run.dx.span().begin(), run.dx.span().end());
    all.insert(all.end(), run.gradients.begin(), run.gradients.end());
    return all;
  };
  const std::vector<Scalar> on_one = result(1);
  for (const int threads : {2, 3}) CHECK(result(threads) == on_one);  // not so where something is NaN
}

}  // namespace odot::test
