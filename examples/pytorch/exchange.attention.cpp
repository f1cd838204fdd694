// SPDX-License-Identifier: MIT
// The other attention models of "Element-Wise Attention Layers".

#include "exchange.hpp"

void exchange::add_attention_models(std::vector<Model>& models) {
  using namespace odot::models;
  add<ModelA>(models, "a");
  add<ModelC>(models, "c");
  add<ModelD>(models, "d");
  add<ModelE>(models, "e");
  add<ModelF>(models, "f");
  add<ModelG>(models, "g");
  add<ModelH>(models, "h");
  add<SingleHead>(models, "single-head");
  add<WithoutSkip>(models, "no-skip");
  add<ScaledModelB>(models, "b-scaled");
  add<Cifar10Attention>(models, "cifar10-attention");
  add<ScaledCifar10Attention>(models, "cifar10-attention-scaled");
}
