// expect: odot::as: both shapes must have as many elements
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3, 4>> x(2);
  return odot::eval(odot::as<odot::Shape<10>>(x * 2)).samples() == 2;
}
