// expect: odot: a view of constant elements can't be assigned to
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Batch<odot::Shape<4>> x(2);
  odot::Tensor<odot::Shape<4>> db;
  assign(x.view(), x * 2, db, batch_sum(x));
}
