// expect: odot: the kernels of the Gpu are not included; include odot/gpu.hpp, which needs nvcc, or Thrust on the host
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// In place of the tag of odot/core/gpu.hpp, which needs Thrust.
struct Gpu : odot::Cpu {
  static constexpr const char* name = "gpu";
};

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>, odot::nn::ReLU, odot::nn::Linear<2>>;

int main() {
  odot::Network<Model, Gpu> network{odot::Seed{1}};
  network.predict(odot::Batch<odot::Shape<8>, float, Gpu>(4));
}
