// expect: odot::matmul: the first operand must have as many columns as the second has rows
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<2, 3>> a;
  const odot::Tensor<odot::Shape<4, 3>> c;  // transpose(c) would fit
  return odot::eval(matmul(a, c)).size() == 6;
}
