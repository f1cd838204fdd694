// expect: odot: a view of constant elements can't be assigned to
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<4>> x;
  x.view() = 2;
}
