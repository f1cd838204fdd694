// expect: odot::batch_sum: a batch is summed over its samples; of one tensor, use sum
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Tensor<odot::Shape<3, 4>> x;
  return odot::eval(batch_sum(x)).size() == 12;
}
