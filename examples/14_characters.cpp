// SPDX-License-Identifier: MIT
// A language model of characters with causal element-wise attention: it learns a text, is compared with a table of trigrams,
// then writes character by character with a state that does not grow. A real text, and self-attention: stream_text.cpp.

#include "made_text.hpp"
#include "program.hpp"
#include "trigram.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

using namespace odot;

constexpr std::size_t window = 128, features = 64, vocabulary = 256;  // a character is a byte

using Attention = nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = 6, .causal = true}>;
using Block =
    nn::Sequential<nn::PreNorm<nn::RecentTokens<4>, nn::Linear<features>>,  // what stands directly before a character
                   nn::PreNorm<Attention>,                                  // all that was before it
                   nn::PreNorm<nn::Linear<2 * features>, nn::GELU, nn::Linear<features>>>;
using Model = nn::Sequential<Shape<window>, nn::Embedding<vocabulary, features>,  //
                             Block, Block, nn::LayerNorm<>, nn::Linear<vocabulary>>;
static_assert(Model::parameter_count == 133'248);

/// What the network writes after a line's end, each character drawn by its probability at a low temperature.
std::string write(const Network<Model>& network, std::size_t characters) {
  Stream stream(network);
  Batch<Shape<1>, std::int32_t> token(1);
  Batch<Shape<vocabulary>> logits(1);
  const Random random(Seed{1}, 1);
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) {
    token.data()[0] = i == 0 ? '\n' : static_cast<unsigned char>(text.back());
    stream.step(token, logits);
    const auto largest = *std::ranges::max_element(logits.span());
    double total = 0;
    const auto weight = [&](float logit) { return std::exp(static_cast<double>(logit - largest) / 0.7); };
    for (const float logit : logits.span()) total += weight(logit);
    double rest = random.uniform(i) * total;
    std::size_t next = 0;
    while (next + 1 < vocabulary && (rest -= weight(logits.data()[next])) >= 0) ++next;
    text += static_cast<char>(next);
  }
  return text;
}

int train_characters(bool quick) {
  const std::string text = made_text::stories(Seed{1}, quick ? 100'000 : 240'000);
  const std::string train = text.substr(0, text.size() / 10 * 9), held_out = text.substr(train.size());
  const auto windows = [](const std::string& part) { return data::next_tokens<window>(data::tokens_of(part)); };
  const auto train_set = windows(train), test_set = windows(held_out);

  Network<Model> network{Seed{1}, nn::init::xavier(), quick ? 1 : 0};
  optim::Adam adam{{.learning_rate = 3e-3f}};
  FitOptions options{.epochs = quick ? 2u : 8u, .batch_size = 8, .test_name = "held-out"};
  options.schedule = optim::schedule::one_cycle(options.epochs * (train_set.size() / options.batch_size + 1));
  const auto report = fit<nn::CrossEntropy>(network, adam, train_set, test_set, options, ProgressBar{});

  std::printf("%s\n\n", write(network, 400).c_str());
  const double perplexity = std::exp(report.test_loss), trigrams = TrigramTable(train).perplexity(held_out);
  std::printf("result model=characters parameters=%zu epochs=%zu perplexity=%.3f trigrams=%.3f\n",
              Model::parameter_count, options.epochs, perplexity, trigrams);
  return perplexity < trigrams ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains a language model of characters on a made text and lets it write.",
                      train_characters);
}
