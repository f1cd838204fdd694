// SPDX-License-Identifier: MIT
#include "odot/data/next_tokens.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "odot/odot.hpp"

using namespace odot;

namespace {

using Model = nn::Sequential<Shape<4>, nn::Embedding<3, 8>, nn::Linear<3>>;

template <class Body>
std::string message_of(const Body& body) {
  try {
    body();
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}

/// 0 1 2 0 1 2 …
data::TokenWindows<4> cycle(std::size_t tokens) {
  std::vector<std::int32_t> text(tokens);
  for (std::size_t i = 0; i < tokens; ++i) text[i] = static_cast<std::int32_t>(i % 3);
  return data::next_tokens<4>(text, "cycle");
}

}  // namespace

TEST_CASE("every token's label is the next one, and windows cover the text once or overlap") {
  const std::vector<std::int32_t> text{5, 6, 7, 8, 9, 10, 11, 12};
  const auto set = data::next_tokens<3>(text, "numbers");
  CHECK(set.name == "numbers");
  CHECK(set.size() == 2);
  CHECK(set.values == std::vector<std::int32_t>{5, 6, 7, 8, 9, 10});
  CHECK(set.targets == std::vector<std::int32_t>{6, 7, 8, 9, 10, 11});
  const auto overlapping = data::next_tokens<3>(text, "numbers", 2);
  CHECK(overlapping.values == std::vector<std::int32_t>{5, 6, 7, 7, 8, 9, 9, 10, 11});
  CHECK(data::next_tokens<7>(text).size() == 1);
  CHECK(data::next_tokens<3>(text, "", 100).size() == 1);
  const std::size_t last[] = {1};
  CHECK(set.subset(last).targets == std::vector<std::int32_t>{9, 10, 11});
  CHECK(set.first(1).values == std::vector<std::int32_t>{5, 6, 7});
}

TEST_CASE("bytes are tokens from 0 to 255") {
  CHECK(data::tokens_of("a\xC3\xA4") == std::vector<std::int32_t>{97, 195, 164});
  CHECK(data::tokens_of(std::string_view("\0\xFF", 2)) == std::vector<std::int32_t>{0, 255});
}

TEST_CASE("rejects a text without a whole window, and a stride of 0") {
  const std::vector<std::int32_t> text(4);
  CHECK(message_of([&] { data::next_tokens<4>(text, "short"); }) ==
        "odot::data::next_tokens: \"short\" has 4 tokens; a window and the token after it need 5");
  CHECK(message_of([&] { data::next_tokens<2>(text, "text", 0); }) ==
        "odot::data::next_tokens: the stride must be at least 1");
}

TEST_CASE("a model learns the next token of every token, and counts tokens") {
  const auto set = cycle(101);
  Network<Model> network{Seed{1}};
  optim::Adam adam{{.learning_rate = 0.05f}};
  const auto report = fit<nn::CrossEntropy>(network, adam, set, set, {.epochs = 30, .batch_size = 5});
  CHECK(report.accuracy == 100);
  const auto sums = evaluate<nn::CrossEntropy>(network, network.workspace(), set);
  CHECK(sums.samples == 25 * 4);
  CHECK(sums.mean() < 0.1);
}

TEST_CASE("a validation part of sequences with labels takes whole windows") {
  const auto [train, held] = data::validation_split(cycle(101), 0.2, Seed{1});
  CHECK(train.size() == 20);
  CHECK(held.size() == 5);
  for (std::size_t i = 0; i < held.targets.size(); ++i) CHECK(held.targets[i] == (held.values[i] + 1) % 3);
}

TEST_CASE("fit names the token for whose label the network has no output") {
  auto set = cycle(21);
  set.targets[4 * 2 + 3] = 3;
  Network<Model> network{Seed{1}};
  optim::Adam adam;
  CHECK(message_of([&] { fit<nn::CrossEntropy>(network, adam, set, {.epochs = 1, .batch_size = 5}); }) ==
        "odot::fit: label of token 3 of sample 2 of the training set: expected 0 to 2, as the network has outputs, "
        "found 3");
  CHECK(message_of([&] {
          fit(network, adam, nn::CrossEntropy{.ignore_index = 3}, set, {.epochs = 1, .batch_size = 5});
        }) == "");
}

TEST_CASE("fit takes labels of pixels, and names the one for which the network has no output") {
  using Painter = nn::Sequential<Shape<1, 2, 3>, nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 1}>>;
  data::Dataset<Shape<1, 2, 3>, float, data::PixelLabels<2, 3>> set{.name = "signs"};
  for (std::size_t i = 0; i < 10 * 6; ++i) {
    set.targets.push_back(i % 5 < 2 ? 1 : 0);
    set.values.push_back(set.targets.back() == 1 ? 1.0F : -1.0F);
  }
  Network<Painter> network{Seed{1}};
  optim::Adam adam{{.learning_rate = 0.1}};
  CHECK(fit<nn::CrossEntropy>(network, adam, set, set, {.epochs = 20, .batch_size = 4}).accuracy == 100);
  set.targets[2 * 6 + 4] = 2;
  CHECK(message_of([&] { fit<nn::CrossEntropy>(network, adam, set, {.epochs = 1}); }) ==
        "odot::fit: label of pixel 4 of sample 2 of the training set: expected 0 to 1, as the network has outputs, "
        "found 2");
}
