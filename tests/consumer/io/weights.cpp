// SPDX-License-Identifier: MIT
// Weights go into a file and come back.
#include <algorithm>
#include <cstdio>
#include <exception>

#include <odot/io.hpp>
#include <odot/odot.hpp>

int main() {
  using namespace odot;
  using Model = nn::Sequential<Shape<4>, nn::Linear<3>, nn::ReLU, nn::Linear<2>>;
  try {
    const Network<Model> network{Seed{1}};
    Network<Model> other{Seed{2}};
    io::save_weights("weights.safetensors", network);
    io::load_weights("weights.safetensors", other);
    return std::ranges::equal(network.parameters(), other.parameters()) ? 0 : 1;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
