// SPDX-License-Identifier: MIT
// The token-wise layers of a transformer: <layer>/<pass>/cpu/float/<tokens>x<features>/<samples>.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

constexpr std::size_t L = 64, D = 256, samples = 64;

/// A layer on [L, D]; forward costs `flop` an element and reads and writes the sequence once.
template <class Layer>
void add(const std::string& name, double flop, double exponentials = 0) {
  constexpr auto elements = static_cast<double>(L * D);
  benchmarks::add_layer<nn::Sequential<Shape<L, D>, Layer>>(name, std::to_string(L) + "x" + std::to_string(D), samples,
                                                            {.flop = flop * elements,
                                                             .bytes = 2 * benchmarks::float_bytes(elements),
                                                             .exponentials = exponentials * elements});
}

const bool registered = [] {
  add<nn::Linear<D>>("linear_tokens", 2.0 * D);
  add<nn::LayerNorm<>>("layer_norm", 8);
  add<nn::GELU>("gelu", 20, 1);
  add<nn::Dropout<0.5>>("dropout", 1);
  add<nn::PositionEmbedding>("position_embedding", 1);
  add<nn::SinusoidalPosition>("sinusoidal_position", 1);
  add<nn::ClassToken>("class_token", 0);
  add<nn::MeanTokens>("mean_tokens", 1);
  benchmarks::add_layer<nn::Sequential<Shape<3, 32, 32>, nn::PatchEmbedding<4, D>>>(
      "patch_embedding", "3x32x32-4", samples,
      {.flop = 2.0 * 3 * 32 * 32 * D, .bytes = benchmarks::float_bytes(3 * 32 * 32, 64 * D)});
  return true;
}();

}  // namespace
