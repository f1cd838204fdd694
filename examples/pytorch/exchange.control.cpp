// SPDX-License-Identifier: MIT
// The control models of "Element-Wise Attention Layers".

#include "exchange.hpp"

void exchange::add_control_models(std::vector<Model>& models) {
  add<odot::models::Control<odot::models::FashionMnistImage>>(models, "control");
  add<odot::models::Control<odot::models::Cifar10Image>>(models, "cifar10-control");
}
