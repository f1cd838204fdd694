#pragma once
// SPDX-License-Identifier: MIT
// Runs a layer on one thread and on several. All results must have the same bits. They must also be near those of the
// other scalar, so that a layer that computes nothing does not pass.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "support/difference.hpp"
#include "support/layer_run.hpp"

namespace odot::test {

/// `lengths`: valid tokens of the samples, repeated as often as needed; empty: all are valid.
template <nn::BoundLayer Layer, class Scalar = float>
void check_same_bits(std::size_t samples, const std::vector<std::int32_t>& lengths = {}) {
  const auto result = [&]<class S>(S, int threads) {
    LayerRun<Layer, S> run(samples, threads);
    run.draw();
    for (std::size_t n = 0; n < samples && !lengths.empty(); ++n) run.lengths.push_back(lengths[n % lengths.size()]);
    run.forward();
    run.backward();
    const auto values = [](auto span) { return std::vector<S>(span.begin(), span.end()); };
    return std::vector<std::vector<S>>{values(run.y.span()), values(run.dx.span()), run.gradients};
  };
  const auto on_one = result(Scalar{}, 1);
  for (const int threads : {2, 3}) CHECK(result(Scalar{}, threads) == on_one);  // false where something is NaN
  using Other = std::conditional_t<std::is_same_v<Scalar, float>, double, float>;
  const auto others = result(Other{}, 1);
  for (std::size_t i = 0; i < others.size(); ++i)
    CHECK((others[i].empty() || difference(on_one[i], others[i], 1e-4) == ""));
}

}  // namespace odot::test
