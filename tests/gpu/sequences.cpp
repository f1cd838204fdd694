// SPDX-License-Identifier: MIT
// The layers of sequences on the Gpu against the Cpu: values and gradients, in double and in float.

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/gpu_layer.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Tokens = Shape<5, 6>;
/// Valid tokens, among them none, all, and numbers that no sequence has.
const std::vector<std::int32_t> some{3, 5, 0, 1, 9, -2, 4};

struct Norm : Bound<nn::LayerNorm<>, Tokens> {};
struct WideNorm : Bound<nn::LayerNorm<>, Shape<300>> {};
struct PlainNorm : Bound<nn::LayerNorm<nn::LayerNormOptions{.elementwise_affine = false}>, Tokens> {};
/// (nvcc can't spell a probability outside of a template.)
template <int Percent>
struct DropoutOf {
  template <ShapeType In>
  struct bind : nn::Dropout<Percent / 100.0>::template bind<In> {};
};
struct Dropped : Bound<DropoutOf<30>, Shape<3, 5, 7>> {};
struct NothingDropped : Bound<DropoutOf<0>, Tokens> {};
struct Pre : Bound<nn::PreNorm<nn::Linear<7>, nn::GELU, nn::Linear<6>>, Tokens> {};
struct Post : Bound<nn::PostNorm<nn::Linear<6>, nn::Dropout<0.5>>, Tokens> {};
struct ImageTokens : nn::Sequential<Shape<2, 6, 9>, nn::PatchEmbedding<3, 4>, nn::ClassToken, nn::PositionEmbedding,
                                    nn::LayerNorm<>, nn::MeanTokens> {};
struct Lengthened : nn::Sequential<Tokens, nn::ClassToken, nn::ClassToken, nn::MeanTokens> {};

}  // namespace

TEST_CASE("a fully connected layer on tokens matches the Cpu's") {
  check_layer_on_gpu<Bound<nn::Linear<4>, Tokens>>(1);
  check_layer_on_gpu<Bound<nn::Linear<4>, Tokens>>(40);
  check_layer_on_gpu<Bound<nn::Linear<3, nn::LinearOptions{.bias = false}>, Tokens>>(7, false);
}

TEST_CASE("layer norm matches the Cpu's, with scale and shift and without") {
  for (const std::size_t samples : {1u, 3u, 60u}) {
    check_layer_on_gpu<Norm>(samples);
    check_layer_on_gpu<PlainNorm>(samples);
  }
  check_layer_on_gpu<WideNorm>(9);
  check_layer_on_gpu<Norm>(3, false);
}

TEST_CASE("the Gaussian error linear unit matches the Cpu's") {
  check_layer_on_gpu<Bound<nn::GELU, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::GELU, Shape<5>>>(4, false);
}

TEST_CASE("dropout drops the Cpu's elements") {
  for (const std::size_t samples : {1u, 2u, 31u}) check_layer_on_gpu<Dropped>(samples);
  check_layer_on_gpu<NothingDropped>(3);
}

TEST_CASE("a patch embedding matches the Cpu's") {
  check_layer_on_gpu<Bound<nn::PatchEmbedding<3, 5>, Shape<2, 6, 9>>>(1);
  check_layer_on_gpu<Bound<nn::PatchEmbedding<2, 3>, Shape<1, 6, 4>>>(8);
  check_layer_on_gpu<Bound<nn::PatchEmbedding<3, 5>, Shape<2, 6, 9>>>(3, false);
}

TEST_CASE("positions match the Cpu's, learned and fixed") {
  check_layer_on_gpu<Bound<nn::PositionEmbedding, Tokens>>(1);
  check_layer_on_gpu<Bound<nn::PositionEmbedding, Tokens>>(200);
  check_layer_on_gpu<Bound<nn::PositionEmbedding, Tokens>>(3, false);
  check_layer_on_gpu<Bound<nn::SinusoidalPosition, Shape<150, 5>>>(2);
}

TEST_CASE("recent tokens match the Cpu's") {
  check_layer_on_gpu<Bound<nn::RecentTokens<3>, Tokens>>(70);
  check_layer_on_gpu<Bound<nn::RecentTokens<9>, Tokens>>(1);
}

TEST_CASE("class tokens and chosen tokens match the Cpu's") {
  for (const std::size_t samples : {1u, 70u}) {
    check_layer_on_gpu<Bound<nn::ClassToken, Tokens>>(samples);
    check_layer_on_gpu<Bound<nn::SelectToken<2>, Tokens>>(samples);
    check_layer_on_gpu<Bound<nn::LastToken, Tokens>>(samples);
    check_layer_on_gpu<Bound<nn::MeanTokens, Tokens>>(samples);
  }
  check_layer_on_gpu<Bound<nn::ClassToken, Tokens>>(3, false);
  check_layer_on_gpu<Bound<nn::SelectToken<2>, Tokens>>(3, false);
  check_layer_on_gpu<Bound<nn::MeanTokens, Tokens>>(3, false);
}

TEST_CASE("padding is left out as by the Cpu") {
  check_layer_on_gpu<Bound<nn::LastToken, Tokens>>(9, true, some);
  check_layer_on_gpu<Bound<nn::MeanTokens, Tokens>>(9, true, some);
  check_layer_on_gpu<Lengthened>(9, true, some);
}

TEST_CASE("blocks with a norm before or after match the Cpu's") {
  check_layer_on_gpu<Pre>(7);
  check_layer_on_gpu<Post>(7);
}

TEST_CASE("a sequence of an image's patches matches the Cpu's") {
  check_layer_on_gpu<ImageTokens>(6);
  check_layer_on_gpu<ImageTokens>(6, false);
}
