// expect: odot: the expression's shape is larger than the target's
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> x;
  odot::Tensor<odot::Shape<4>> y;
  y = x * x;
}
