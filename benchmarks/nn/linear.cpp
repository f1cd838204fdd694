// SPDX-License-Identifier: MIT
// The fully connected layer: linear_layer/<pass>/cpu/float/<in>-<out>/<samples>.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

template <std::size_t In, std::size_t Out>
void add(std::size_t samples) {
  benchmarks::add_layer<nn::Sequential<Shape<In>, nn::Linear<Out>>>(
      "linear_layer", std::to_string(In) + "-" + std::to_string(Out), samples,
      {.flop = 2.0 * In * Out, .bytes = benchmarks::float_bytes(In, Out)});
}

const bool registered = [] {
  add<784, 10>(4096);
  add<512, 512>(256);
  return true;
}();

}  // namespace
