// expect: odot::transpose: the last two axes are exchanged, so there must be two
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3>> x(2);
  return odot::eval(transpose(x)).samples() == 2;
}
