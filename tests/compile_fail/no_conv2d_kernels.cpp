// expect: include odot/odot.hpp, or odot/cpu.hpp, or of the one op whose odot/kernels/<op>/contract.hpp is named here
// names: odot/kernels/conv2d/contract.hpp
// SPDX-License-Identifier: MIT
#include <odot/kernels/linear/cpu/linear.hpp>
#include <odot/kernels/parallel/cpu/parallel.hpp>
#include <odot/nn/conv2d.hpp>
#include <odot/nn/flatten.hpp>
#include <odot/nn/linear.hpp>
#include <odot/nn/network.hpp>
#include <odot/nn/sequential.hpp>

using Model = odot::nn::Sequential<odot::Shape<1, 8, 8>, odot::nn::Conv2d<2>, odot::nn::Flatten, odot::nn::Linear<2>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  network.predict(odot::Batch<odot::Shape<1, 8, 8>>(4));
}
