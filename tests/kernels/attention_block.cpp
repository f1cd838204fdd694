// SPDX-License-Identifier: MIT
// The attention block on the CPU against the naive one: forward, evaluation, gradients.
#include "odot/kernels/attention_block/cpu/attention_block.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "support/attention_block_cases.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

TEST_CASE("the papers' block matches the naive composition on whole and partial tiles") {
  for (const double size : {0.2, 0.4, 2.0}) {
    for (const std::size_t samples : {1u, 3u, 8u, 17u, 75u})
      check_block<Cpu, HeadNorm::plain, true, true, false>(samples, 1e-12, size);
    check_block<Cpu, HeadNorm::plain, true, true, true>(17, 1e-12, size);
  }
}

TEST_CASE("a block without head norm and skip connection matches the naive composition") {
  for (const double size : {0.2, 0.4, 2.0})
    for (const std::size_t samples : {1u, 17u})
      check_block<Cpu, HeadNorm::none, false, true, false>(samples, 1e-12, size);
}

TEST_CASE("a block with the affine norm and without ReLU matches the naive composition") {
  for (const double size : {0.3, 2.0})
    for (const std::size_t samples : {2u, 17u})
      check_block<Cpu, HeadNorm::affine, true, false, true>(samples, 1e-12, size);
}

TEST_CASE("a block in single precision matches the naive composition") {
  for (const float size : {0.2f, 0.4f, 2.0f, 20.0f})
    for (const std::size_t samples : {1u, 16u, 19u, 150u})
      check_block<Cpu, HeadNorm::plain, true, true, true>(samples, 2e-5, size);
}

TEST_CASE("images of any extents, and more heads than lanes, match the naive composition") {
  check_block_of_image<Cpu, Shape<1, 1, 7>, 3>();
  check_block_of_image<Cpu, Shape<2, 6, 1>, 3>();
  check_block_of_image<Cpu, Shape<1, 3, 19>, 2>();
  check_block_of_image<Cpu, Shape<3, 4, 6>, 17>();
  check_block_of_image<Cpu, Shape<1, 2, 32>, 3>();
  check_block_of_image<Cpu, Shape<1, 28, 28>, 2>();
}

TEST_CASE("tiles with small and with any scores go together") {
  using G = BlockGeometry<HeadNorm::plain, true, true>;
  BlockProblem<G, double> p(75, 0.4);
  for (std::size_t k = 0; k < BlockImage::size; ++k) p.x[40][k] *= 10;
  NaiveBlock<G> naive(p);
  naive.forward(true);
  naive.backward(values_of(p.dy));
  p.forward(1);
  p.backward(1, true);
  CHECK(difference(p.y.span(), naive.y, 1e-12) == "");
  CHECK(difference(p.dx.span(), naive.heads.dx, 1e-12) == "");
}

TEST_CASE("backward without an input gradient leaves dx alone and gives the same parameter gradients") {
  using G = BlockGeometry<HeadNorm::plain, true, true>;
  BlockProblem<G, double> with(5), without(5);
  with.forward(1);
  with.backward(1, true);
  without.forward(1);
  without.backward(1, false);
  CHECK(values_of(without.dwx) == values_of(with.dwx));
  CHECK(values_of(without.dconv) == values_of(with.dconv));
  CHECK(values_of(without.dx) == std::vector<double>(without.dx.size(), 77.0));
  CHECK(values_of(without.dbx) ==
        std::vector<double>(without.dbx.size(), without.garbage));  // there are no bias arrays
}

TEST_CASE("any number of threads gives the same bits") {
  const auto results = [](int threads) {
    BlockProblem<BlockGeometry<HeadNorm::plain, true, true, true>, float> p(1030);  // more tiles than partial sums
    p.forward(threads);
    p.backward(threads, true);
    std::vector<std::vector<double>> all{values_of(p.y),    values_of(p.running_mean), values_of(p.running_var),
                                         values_of(p.dx),   values_of(p.dwx),          values_of(p.dby),
                                         values_of(p.dconv)};
    p.evaluate(threads);
    all.push_back(values_of(p.y));
    return all;
  };
  const auto one = results(1);
  for (const int threads : {2, 3}) {
    const auto many = results(threads);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(many[i] == one[i]);
  }
}
