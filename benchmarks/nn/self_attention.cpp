// SPDX-License-Identifier: MIT
// Self-attention in its forms: self_attention/<pass>/cpu/float/<form>-<tokens>x<heads>x<width>/<samples>.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

template <std::size_t L, std::size_t D, nn::SelfAttentionOptions Options>
void add(const std::string& form, std::size_t samples) {
  using Model = nn::Sequential<Shape<L, D>, nn::SelfAttention<Options>>;
  // A sample: the products with the matrices, and with the L × L shares, twice.
  const double matrices = Options.form == nn::AttentionForm::full       ? 4
                          : Options.form == nn::AttentionForm::wqk_only ? 1
                                                                        : 3;
  benchmarks::add_layer<Model>(
      "self_attention",
      form + "-" + std::to_string(L) + "x" + std::to_string(Options.heads) + "x" + std::to_string(D / Options.heads),
      samples,
      {.flop = 2.0 * L * D * (matrices * D + 2 * L),
       .bytes = benchmarks::float_bytes(2 * L * D),
       .exponentials = Options.heads * L * L});
}

const bool registered = [] {
  using nn::AttentionForm;
  add<17, 64, nn::SelfAttentionOptions{}>("full", 512);
  add<17, 64, nn::SelfAttentionOptions{.heads = 4}>("full", 512);
  add<17, 64, nn::SelfAttentionOptions{.form = AttentionForm::wqk}>("wqk", 512);
  add<17, 64, nn::SelfAttentionOptions{.form = AttentionForm::wqk_only}>("wqk_only", 512);
  add<17, 64, nn::SelfAttentionOptions{.form = AttentionForm::symmetric}>("symmetric", 512);
  add<17, 64, nn::SelfAttentionOptions{.form = AttentionForm::symmetric_tt}>("symmetric_tt", 512);
  return true;
}();

}  // namespace
