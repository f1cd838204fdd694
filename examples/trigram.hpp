#pragma once
// SPDX-License-Identifier: MIT
// A table of trigrams: the probability of a byte by the two before it, counted in a text.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <vector>

/// What follows one byte and two bytes in a text, smoothed by what follows less: with c the counts and w a weight,
///     p(z | x, y) = (c(x, y, z) + w p(z | y))/(c(x, y) + w)        and so on down to 1/256
class TrigramTable {
 public:
  explicit TrigramTable(std::string_view text) : counts_(1 + 256 + 65536) {
    for (std::size_t i = 0; i < text.size(); ++i)
      for (std::size_t length = 0; length <= (std::min)(i, std::size_t{2}); ++length) {
        const std::uint32_t context = context_of(text, i, length);
        ++counts_[context];
        ++following_[context << 8 | byte(text[i])];
      }
  }

  /// Of the text's bytes from the second on, with the best of some weights.
  double perplexity(std::string_view text) const {
    double best = std::numeric_limits<double>::infinity();
    for (const double weight : {0.1, 0.3, 1.0, 3.0, 10.0, 30.0}) best = (std::min)(best, perplexity(text, weight));
    return best;
  }

 private:
  static std::uint32_t byte(char c) { return static_cast<unsigned char>(c); }

  /// The number of the `length` bytes before byte i: contexts of 0, 1 and 2 bytes, one range after the other.
  static std::uint32_t context_of(std::string_view text, std::size_t i, std::size_t length) {
    if (length == 0) return 0;
    if (length == 1) return 1 + byte(text[i - 1]);
    return 257 + (byte(text[i - 2]) << 8) + byte(text[i - 1]);
  }

  double perplexity(std::string_view text, double weight) const {
    double nats = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
      double p = 1.0 / 256;
      for (std::size_t length = 0; length <= (std::min)(i, std::size_t{2}); ++length) {
        const std::uint32_t context = context_of(text, i, length);
        const auto found = following_.find(context << 8 | byte(text[i]));
        const double times = found == following_.end() ? 0 : found->second;
        p = (times + weight * p) / (counts_[context] + weight);
      }
      nats -= std::log(p);
    }
    return std::exp(nats / static_cast<double>(text.size() - 1));
  }

  std::vector<std::uint32_t> counts_;                           // of a context
  std::unordered_map<std::uint32_t, std::uint32_t> following_;  // of a context and a byte
};
