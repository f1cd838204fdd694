// expect: odot::Batch: an expression without a batch has no number of samples
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<4>> b;
  const odot::Batch<odot::Shape<4>> x = b * 2;
  return x.samples() == 2;
}
