// expect: odot: operands of two scalars, float and double for instance; cast<Scalar>() converts
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<4>> a;
  const odot::Tensor<odot::Shape<4>, double> b;
  odot::Tensor<odot::Shape<4>> y;
  y = a + b;
}
