// expect: odot::nn::AttentionWise, AttentionHeads: affine scales and shifts normalised maps; set norm too
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Layer = odot::nn::AttentionWise<2, odot::nn::AttentionWiseOptions{.heads = {.norm = false, .affine = true}}>;
using Model = odot::nn::Sequential<odot::Shape<1, 4, 4>, Layer, odot::nn::Flatten, odot::nn::Linear<2>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  network.predict(odot::Batch<odot::Shape<1, 4, 4>>(1));
}
