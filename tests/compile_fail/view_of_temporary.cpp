// expect: temporary whose address is used as value of local variable 'v' will be destroyed
// SPDX-License-Identifier: MIT
// flags: -Werror=dangling
// only: Clang|AppleClang
#include <odot/odot.hpp>

float read(odot::TensorView<odot::Shape<2>, const float> view) { return view[0]; }

int main() {
  const odot::Batch<odot::Shape<2>> x(3);
  const float right = read(odot::Tensor<odot::Shape<2>>{1, 2}) + read(odot::eval(x * 2)[0]);  // for a call they live
  if (right != 1) return 1;
  odot::TensorView<odot::Shape<2>, const float> v = odot::Tensor<odot::Shape<2>>{1, 2};
  return v[0] == 1;
}
