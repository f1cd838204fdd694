// expect: odot::concat: the axis must be less than the rank; the batch is not counted
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> a;
  return odot::eval(odot::concat<2>(a, a)).size() == 24;
}
