// expect: odot::argmax: the axis must be less than the rank; the batch is not counted
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<10>> logits(2);
  return odot::eval(odot::argmax<1>(logits)).samples() == 2;
}
