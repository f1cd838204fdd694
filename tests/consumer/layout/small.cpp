// SPDX-License-Identifier: MIT
// The smallest program that needs both odot's headers and Eigen's. Exit code 0 if six ones make six.
#include <odot/core/tensor.hpp>
#include <odot/kernels/eigen.hpp>

int main() {
  odot::Tensor<odot::Shape<2, 3>> ones;
  odot::kernels::array(ones.data(), ones.size()) = 1.0f;
  return odot::kernels::array(ones.data(), ones.size()).sum() == 6.0f ? 0 : 1;
}
