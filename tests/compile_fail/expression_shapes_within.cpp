// expect: odot: the two shapes named here do not fit: aligned from the last axis
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> x;
  const odot::Tensor<odot::Shape<3>> b;
  odot::Tensor<odot::Shape<3, 4>> y;
  y += 2 * exp(x - max<1>(x)) / (1 + square(x) * b);
}
