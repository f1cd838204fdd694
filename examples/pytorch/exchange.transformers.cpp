// SPDX-License-Identifier: MIT
// The models of "Reducing the Transformer Architecture to a Minimum".

#include "exchange.hpp"

void exchange::add_transformers(std::vector<Model>& models) {
  using namespace odot::models;
  using enum odot::nn::AttentionForm;
  add<MinimalTransformer<MnistImage, 6>>(models, "transformer");
  add<MinimalTransformer<MnistImage, 6, 4>>(models, "transformer-4-heads");
  add<MinimalTransformer<MnistImage, 6, 4, full, false>>(models, "transformer-no-mlp");
  add<MinimalTransformer<MnistImage, 6, 4, symmetric>>(models, "transformer-symmetric");
  add<MinimalTransformer<MnistImage, 6, 1, wqk>>(models, "transformer-wqk");
  add<MinimalTransformer<MnistImage, 6, 1, wqk_only, false>>(models, "transformer-wqk-only");
  add<MinimalTransformer<MnistImage, 6, 1, symmetric_tt>>(models, "transformer-symmetric-tt");
  add<MinimalTransformer<MnistImage, 6, 1, symmetric_tt_only, false>>(models, "transformer-symmetric-tt-only");
  add<MinimalTransformer<MnistImage, 12>>(models, "transformer-12");
  add<MinimalTransformer<Cifar10Image, 6, 4>>(models, "cifar10-transformer");
}
