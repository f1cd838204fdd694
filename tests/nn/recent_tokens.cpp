// SPDX-License-Identifier: MIT
#include "odot/nn/recent_tokens.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "odot/nn/stream.hpp"
#include "support/difference.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t Count, std::size_t L, std::size_t D>
using Layer = Bound<nn::RecentTokens<Count>, Shape<L, D>>;

/// Forward and backward against the definition, element by element.
template <std::size_t Count, std::size_t L, std::size_t D>
void check_definition(std::size_t samples, int threads) {
  LayerRun<Layer<Count, L, D>> run(samples, threads);
  run.draw();
  run.forward();
  run.backward();
  std::vector<double> y(run.y.size()), dx(run.dx.size());
  for (std::size_t n = 0; n < samples; ++n)
    for (std::size_t l = 0; l < L; ++l)
      for (std::size_t k = 0; k < Count && k <= l; ++k)
        for (std::size_t d = 0; d < D; ++d) {
          const std::size_t from = (n * L + l - k) * D + d, to = ((n * L + l) * Count + k) * D + d;
          y[to] = run.x.data()[from];
          dx[from] += run.dy.data()[to];
        }
  CHECK(difference(run.y.span(), y, 0) == "");
  CHECK(difference(run.dx.span(), dx, 1e-15) == "");
}

}  // namespace

static_assert(Layer<4, 9, 5>::state_elements == 15 && Layer<4, 9, 5>::parameter_count == 0);

TEST_CASE("each token comes with those before it, and gets the gradient of all its copies") {
  LayerRun<Layer<2, 3, 2>> run(1);
  run.x = Batch<Shape<3, 2>, double>(1, {1, 2, 3, 4, 5, 6});
  run.dy = Batch<Shape<3, 4>, double>(1, {1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60});
  run.forward();
  run.backward();
  CHECK(difference(run.y.span(), std::vector<double>{1, 2, 0, 0, 3, 4, 1, 2, 5, 6, 3, 4}, 0) == "");
  CHECK(difference(run.dx.span(), std::vector<double>{1 + 4, 10 + 40, 3 + 6, 30 + 60, 5, 50}, 0) == "");
}

TEST_CASE("any extents match the definition, even if Count exceeds the number of tokens") {
  check_definition<1, 4, 3>(3, 1);
  check_definition<4, 9, 5>(1, 1);
  check_definition<4, 9, 19>(40, 3);
  check_definition<6, 3, 17>(5, 2);
}

TEST_CASE("steps match predict, and start again after a reset") {
  using Model = nn::Sequential<Shape<11, 5>, nn::RecentTokens<4>, nn::RecentTokens<1>, nn::RecentTokens<3>>;
  const Network<Model, Cpu, double> network(Seed{1});
  LayerRun<Layer<4, 11, 5>> numbers(3);
  numbers.draw();
  const auto expected = network.predict(numbers.x);
  Stream stream(network, 3);
  static_assert(decltype(stream)::state_elements == 15 + 2 * 20);
  for (int round = 0; round < 2; ++round) {
    Batch<Shape<5>, double> x(3);
    Batch<Shape<60>, double> y(3);
    for (std::size_t l = 0; l < 11; ++l) {
      for (std::size_t n = 0; n < 3; ++n) std::copy_n(numbers.x.data() + (n * 11 + l) * 5, 5, x[n].data());
      stream.step(x, y);
      for (std::size_t n = 0; n < 3; ++n)
        CHECK(std::equal(y[n].data(), y[n].data() + 60, expected.data() + (n * 11 + l) * 60));
    }
    stream.reset();
  }
}
