// expect: odot: a reduction's axis must be less than the rank; the batch is not counted
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<3, 4>> x(2);
  return odot::eval(odot::sum<2>(x)).samples() == 2;
}
