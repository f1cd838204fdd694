#pragma once
// SPDX-License-Identifier: MIT
// next_tokens: a text as windows in which the label of every token is the token after it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// Windows of L tokens; the label of each token is the one that follows it in the text.
template <std::size_t L>
using TokenWindows = Dataset<Shape<L>, std::int32_t, TokenLabels<L>>;

/// The windows of a text that begin at token 0, `stride`, 2 · stride, …, as far as the text contains them and the token
/// after them. A stride of L covers the text once; with a smaller one, tokens occur in several windows, at several
/// places.
///     fit<nn::CrossEntropy>(network, adam, data::next_tokens<64>(data::tokens_of(text)), …);   logits [64, vocabulary]
/// Errors  ArgumentError: a stride of 0; fewer than L + 1 tokens
template <std::size_t L>
TokenWindows<L> next_tokens(std::span<const std::int32_t> text, std::string name = "text", std::size_t stride = L) {
  if (stride == 0) throw ArgumentError("odot::data::next_tokens: the stride must be at least 1");
  if (text.size() <= L)
    throw ArgumentError("odot::data::next_tokens: \"" + name + "\" has " + std::to_string(text.size()) +
                        " tokens; a window and the token after it need " + std::to_string(L + 1));
  TokenWindows<L> set{.name = std::move(name)};
  const std::size_t windows = (text.size() - L - 1) / stride + 1;
  set.values.reserve(windows * L);
  set.targets.reserve(windows * L);
  for (std::size_t w = 0; w < windows; ++w) {
    const auto window = text.subspan(w * stride, L), next = text.subspan(w * stride + 1, L);
    set.values.insert(set.values.end(), window.begin(), window.end());
    set.targets.insert(set.targets.end(), next.begin(), next.end());
  }
  return set;
}

/// The bytes of a text, 0 … 255: a vocabulary for any text, including UTF-8.
inline std::vector<std::int32_t> tokens_of(std::string_view text) {
  std::vector<std::int32_t> tokens;
  tokens.reserve(text.size());
  for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
  return tokens;
}

}  // namespace odot::data
