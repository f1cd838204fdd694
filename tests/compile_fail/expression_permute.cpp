// expect: odot::permute: every axis must be named once; the batch is not counted
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3, 4, 5>> x(2);
  return odot::eval(odot::permute<0, 1, 1>(x)).samples() == 2;
}
