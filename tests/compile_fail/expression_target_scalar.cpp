// expect: odot: target and expression have two scalars, float and double for instance; cast<Scalar>() converts
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<4>, double> a;
  odot::Tensor<odot::Shape<4>> y;
  y = 2 * a;
}
