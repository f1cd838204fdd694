// expect: odot: a batch can't be assigned to one tensor; batch_sum and batch_mean reduce it
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<4>> dy(2);
  odot::Tensor<odot::Shape<4>> db;
  db += dy * 2;
}
