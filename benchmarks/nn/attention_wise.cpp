// SPDX-License-Identifier: MIT
// The attention-wise layer beside its composition of other layers:
// [composed_]attention_wise/<pass>/cpu/float/<shape>/<samples>.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

/// The same output as the other layer's, from the same parameters.
template <class Model, class Other>
bool agrees(benchmarks::LayerPasses<Model>& passes) {
  benchmarks::LayerPasses<Other> other(passes.x.samples());
  std::copy(passes.network.parameters().begin(), passes.network.parameters().end(), other.network.parameters().begin());
  other.forward();
  return benchmarks::all_close(passes.y.span(), other.y.span());
}

template <ShapeType Image, std::size_t Heads>
void add(const std::string& shape, std::size_t samples) {
  using Fused = nn::Sequential<Image, nn::AttentionWise<Heads>>;
  using Composed = nn::Sequential<Image, nn::ComposedAttentionWise<Heads>>;
  // A sample: 15 operations and two exponentials a map element, and the convolution.
  const auto elements = static_cast<double>(Heads * Image::size);
  const benchmarks::Cost cost{.flop = elements * (15 + 18 * static_cast<double>(Image::extents[0])),
                              .bytes = benchmarks::float_bytes(2 * Image::size),
                              .exponentials = 2 * elements};
  benchmarks::add_layer<Fused>("attention_wise", shape, samples, cost, agrees<Fused, Composed>);
  benchmarks::add_layer<Composed>("composed_attention_wise", shape, samples, cost, agrees<Composed, Fused>);
}

const bool registered = [] {
  add<Shape<1, 28, 28>, 8>("8x1x28x28", 512);
  add<Shape<3, 32, 32>, 8>("8x3x32x32", 128);
  return true;
}();

}  // namespace
