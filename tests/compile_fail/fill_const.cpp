// expect: odot::fill_uniform, fill_normal: elements must be floating-point numbers, and not const
// SPDX-License-Identifier: MIT
#include <odot/core/random_tensors.hpp>

int main() {
  const odot::Tensor<odot::Shape<6>> fixed;
  odot::fill_normal(fixed, 0, 1, odot::Random(odot::Seed{1}));
}
