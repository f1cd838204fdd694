// expect: odot::nn::SelfAttention: one matrix in place of W_Q W_K^T makes one head; set heads to 1
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

inline constexpr odot::nn::SelfAttentionOptions options{.heads = 4, .form = odot::nn::AttentionForm::wqk};
using Tokens = odot::Shape<16, 64>;
using Model = odot::nn::Sequential<Tokens, odot::nn::SelfAttention<options>, odot::nn::Flatten, odot::nn::Linear<10>,
                                   odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Tokens> x(3);
  return network.predict(x).samples() == 3 ? 0 : 1;
}
