// expect: odot: operands of two scalars, float and double for instance; cast<Scalar>() converts
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> a;
  const odot::Tensor<odot::Shape<3, 4>, double> b;
  return odot::eval(odot::concat<1>(a, b)).size() == 24;
}
