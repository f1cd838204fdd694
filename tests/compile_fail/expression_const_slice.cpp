// expect: odot: a view of constant elements can't be assigned to
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<4, 4>> x(2);
  transpose(x) += x;
}
