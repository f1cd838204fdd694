// SPDX-License-Identifier: MIT
#include "odot/core/glob.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using odot::matches_glob;

static_assert(matches_glob("", "") && !matches_glob("", "a") && matches_glob("*", "") && matches_glob("*", "anything"));

namespace {

/// The definition: a star takes no character, or takes one and may take more.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*')
    return matches_by_definition(pattern.substr(1), text) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1)));
  return !text.empty() && pattern.front() == text.front() && matches_by_definition(pattern.substr(1), text.substr(1));
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t longest) {
  std::string text(random() % (longest + 1), ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

}  // namespace

TEST_CASE("without a star only the same text matches") {
  CHECK(matches_glob("0.conv.bias", "0.conv.bias"));
  CHECK_FALSE(matches_glob("0.conv.bias", "0.conv.bia"));
  CHECK_FALSE(matches_glob("0.conv.bia", "0.conv.bias"));
  CHECK_FALSE(matches_glob("0.conv.bias", "1.conv.bias"));
  CHECK_FALSE(matches_glob("a", ""));
}

TEST_CASE("a star stands for any run of characters, none included") {
  CHECK(matches_glob("*.heads.weight_*", "0.heads.weight_x"));
  CHECK(matches_glob("*.heads.weight_*", "12.inner.heads.weight_y"));
  CHECK_FALSE(matches_glob("*.heads.weight_*", "heads.weight_x"));
  CHECK_FALSE(matches_glob("*.heads.weight_*", "0.heads.bias_x"));
  CHECK(matches_glob("*bias", "bias"));
  CHECK(matches_glob("0*", "0"));
  CHECK(matches_glob("**a**", "banana"));
  CHECK(matches_glob("*an*na", "banana"));
  CHECK_FALSE(matches_glob("*an*nab", "banana"));
}

TEST_CASE("random patterns match as the definition says, stars in the text included") {
  std::mt19937 random(1);
  int matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = random_text(random, "ab*", 7), text = random_text(random, i % 8 ? "ab" : "ab*", 9);
    INFO(pattern, " and ", text);
    const bool expected = matches_by_definition(pattern, text);
    CHECK(matches_glob(pattern, text) == expected);
    matched += expected;
  }
  CHECK(matched > 1000);
}

TEST_CASE("many stars in a row of almost equal characters take no longer than their product") {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  const std::string text(5000, 'a');
  CHECK(matches_glob(pattern, text));
  CHECK_FALSE(matches_glob(pattern + "b", text));
  CHECK(matches_glob(pattern + "*b*", text + "b"));
}
