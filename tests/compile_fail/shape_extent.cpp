// expect: odot::Shape: every extent must be at least 1
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 0, 2>> tensor;
  return tensor.size() == 0 ? 0 : 1;
}
