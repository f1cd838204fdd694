// expect: odot: the two shapes named here do not fit: aligned from the last axis
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<8, 4, 6>> x(2);
  const odot::Tensor<odot::Shape<8>> channel;  // a number per channel is [8, 1, 1]
  return odot::eval(x * channel).samples() == 2;
}
