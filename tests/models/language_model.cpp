// SPDX-License-Identifier: MIT
#include "odot/models/language_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "odot/odot.hpp"
#include "support/difference.hpp"

using namespace odot;
using namespace odot::test;

using Model = models::LanguageModel<40>;
static_assert(std::is_same_v<Model::output_shape, Shape<40, 256>> && Model::takes_indices);
static_assert(Model::parameter_count == 166'272);
static_assert(models::LanguageModel<128, models::TextSelfAttention>::parameter_count == Model::parameter_count);
static_assert(Stream<Model>::state_elements == 2 * (64 * (6 * 7 + 3) + 3 * 64));

namespace {

Batch<Shape<40>, std::int32_t> two_texts() {
  Batch<Shape<40>, std::int32_t> texts(2);
  for (std::size_t i = 0; i < texts.size(); ++i) texts.data()[i] = static_cast<std::int32_t>(i * i * 7 % 256);
  return texts;
}

}  // namespace

TEST_CASE("read token by token, a text gives the logits of the window") {
  const Network<Model> network(Seed{1}, nn::init::xavier());
  const auto text = two_texts();
  const auto expected = network.predict(text);
  Stream stream(network, 2);
  Batch<Shape<1>, std::int32_t> token(2);
  Batch<Shape<256>> logits(2);
  for (std::size_t l = 0; l < 40; ++l) {
    for (std::size_t n = 0; n < 2; ++n) token.data()[n] = text.data()[40 * n + l];
    stream.step(token, logits);
    for (std::size_t n = 0; n < 2; ++n)
      CHECK(difference(std::span(logits.data() + 256 * n, 256), std::span(expected.data() + (40 * n + l) * 256, 256),
                       1e-6) == "");
  }
}

TEST_CASE("a token changes the logits of its own place and after it, none before") {
  const Network<Model> network(Seed{1}, nn::init::xavier());
  auto text = two_texts();
  const auto before = network.predict(text);
  constexpr std::size_t changed = 17;
  text.data()[changed] += 1;
  const auto after = network.predict(text);
  const auto equal = [&](std::size_t n, std::size_t l) {
    const std::size_t at = (40 * n + l) * 256;
    return std::ranges::equal(before.span().subspan(at, 256), after.span().subspan(at, 256));
  };
  for (std::size_t l = 0; l < 40; ++l) {
    CHECK(equal(0, l) == (l < changed));
    CHECK(equal(1, l));
  }
}
