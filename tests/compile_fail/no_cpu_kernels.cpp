// expect: odot: the kernels of the Cpu are not included; include odot/odot.hpp, or odot/cpu.hpp
// SPDX-License-Identifier: MIT
#include <odot/any_device.hpp>

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>, odot::nn::ReLU, odot::nn::Linear<2>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  network.predict(odot::Batch<odot::Shape<8>>(4));
}
