// expect: odot::slice: the axis must be less than the rank; the batch is not counted
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3, 4>> x(2);
  return odot::eval(odot::slice<2, 0, 1>(x)).samples() == 2;
}
