// expect: odot::matmul: both operands must have two axes; as<Shape<…>>(…)
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3>> x(5);
  const odot::Tensor<odot::Shape<3, 4>> w;
  return odot::eval(matmul(x, w)).samples() == 5;
}
