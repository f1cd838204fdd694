// expect: odot::concat: all extents must be equal but those of the axis along which is joined
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> a;
  const odot::Tensor<odot::Shape<3, 5>> b;
  return odot::eval(odot::concat<0>(a, b)).size() == 27;
}
