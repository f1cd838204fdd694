// expect: odot::eigen: the map would outlive this temporary tensor or batch; give it a name
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  odot::Tensor<odot::Shape<3>> x;
  eigen(x) = eigen(odot::eval(x * 2));
}
