// expect: odot::slice: begin < end ≤ the axis' extent
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3, 4>> x(2);
  return odot::eval(odot::slice<1, 2, 5>(x)).samples() == 2;
}
