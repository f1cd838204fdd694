// SPDX-License-Identifier: MIT
#include "odot/nn/patch_embedding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/patches.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t Patch, std::size_t Features, class In>
using Embedding = Bound<nn::PatchEmbedding<Patch, Features>, In>;

}  // namespace

static_assert(Embedding<7, 64, Shape<1, 28, 28>>::parameter_count == 64 * 49 + 64);
static_assert(std::is_same_v<Embedding<2, 5, Shape<3, 4, 6>>::output_shape, Shape<6, 5>>);

TEST_CASE("tokens are patches in row-major order, features weighted sums over channels, rows and columns") {
  LayerRun<Embedding<2, 2, Shape<1, 2, 4>>> run(1);
  run.x = Batch<Shape<1, 2, 4>, double>(1, {1, 2, 3, 4,  //
                                            5, 6, 7, 8});
  std::ranges::copy(std::vector<double>{1, 10, 100, 1000,  //
                                        0, 0, 0, -1},
                    run.parameter("weight").begin());
  std::ranges::copy(std::vector<double>{0, 0.5}, run.parameter("bias").begin());
  run.forward();
  CHECK(difference(run.y.span(), std::vector<double>{6521, -5.5, 8743, -7.5}, 0) == "");
}

TEST_CASE("forward and backward match PyTorch's strided convolution") {
  const Reference reference("tokens.txt");
  check_layer<Embedding<2, 3, Shape<2, 4, 6>>>(reference, "patches", 1e-11);
  check_layer<Embedding<3, 2, Shape<1, 3, 3>>>(reference, "patch_is_image", 1e-11);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Embedding<2, 3, Shape<2, 4, 6>>>());
  CHECK(check_gradients<Embedding<1, 2, Shape<3, 2, 1>>>());
  CHECK(check_gradients<Embedding<3, 1, Shape<1, 3, 6>>>({.samples = 1}));
}

TEST_CASE("any number of threads gives the same bits") { check_same_bits<Embedding<2, 3, Shape<3, 4, 6>>>(700); }
