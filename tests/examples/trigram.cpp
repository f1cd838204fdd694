// SPDX-License-Identifier: MIT
#include "../../examples/trigram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "../../examples/made_text.hpp"

using namespace odot;

TEST_CASE("a table of trigrams gives hand-computed perplexities, with the best of its weights") {
  const TrigramTable table("aab");  // a: 2, b: 1; after a: a, b; after aa: b
  double expected = 1e9;
  for (const double w : {0.1, 0.3, 1.0, 3.0, 10.0, 30.0}) {
    const double a0 = (2 + w / 256) / (3 + w), b0 = (1 + w / 256) / (3 + w);
    const double a1 = (1 + w * a0) / (2 + w), b1 = (1 + w * b0) / (2 + w), b2 = (1 + w * b1) / (1 + w);
    expected = std::min(expected, std::exp(-(std::log(a1) + std::log(b2)) / 2));
  }
  CHECK(std::abs(table.perplexity("aab") - expected) <= 1e-12 * expected);
}

TEST_CASE("bytes that the text lacks are not impossible, and not free") {
  const double perplexity = TrigramTable(std::string(1000, 'x')).perplexity("\x80\xFF\x80\xFF");
  CHECK(perplexity >= 256);
  CHECK(std::isfinite(perplexity));
}

TEST_CASE("a made text is its seed's, whatever its length") {
  const std::string text = made_text::stories(Seed{1}, 5'000);
  CHECK(text.size() == 5'000);
  CHECK(text.starts_with("this is the story of "));
  CHECK(made_text::stories(Seed{1}, 6'000).substr(0, 5'000) == text);
  CHECK(made_text::stories(Seed{2}, 5'000) != text);
  CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= 'z'); }));
}
