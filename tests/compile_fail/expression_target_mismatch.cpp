// expect: odot: the two shapes named here do not fit: aligned from the last axis
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> x;
  odot::Tensor<odot::Shape<4, 3>> y;
  y.view() = 2 * x;
}
