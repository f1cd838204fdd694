#pragma once
// SPDX-License-Identifier: MIT
// TokenPace: whether time and memory per token grow while a stream runs.

#include "process_memory.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace stream_text {

/// What a stream's tokens took.
struct TokenCost {
  std::size_t tokens = 0;
  double first = 0, last = 0;              ///< microseconds per token, medians of the first and the last 1,000
  std::optional<std::size_t> growth = {};  ///< bytes of the process's peak after token 1,000; none: not known, or fewer
};

/// Measures a stream's tokens one by one.
class TokenPace {
 public:
  TokenPace() { process_memory::reset_peak(); }

  /// Does the work of the next token and returns what it returns.
  decltype(auto) token(const auto& work) {
    struct Timer {
      TokenPace& pace;
      Clock::time_point start = Clock::now();
      ~Timer() { pace.took(std::chrono::duration<double, std::micro>(Clock::now() - start).count()); }
    };
    const Timer timer{*this};
    return work();
  }

  TokenCost cost() const {
    TokenCost cost{.tokens = tokens_, .first = median(first_), .last = median(last_)};
    if (const auto late = process_memory::peak(); early_peak_ && late)
      cost.growth = *late - (std::min)(*early_peak_, *late);
    return cost;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t judged = 1'000;

  void took(double microseconds) {
    last_[tokens_ % judged] = microseconds;
    if (++tokens_ != judged) return;
    first_ = last_;
    early_peak_ = process_memory::peak();
  }

  /// Of the tokens among these; of all so far where they are fewer than 1,000.
  double median(std::vector<double> times) const {
    if (tokens_ < judged) times.assign(last_.begin(), last_.begin() + static_cast<std::ptrdiff_t>(tokens_));
    if (times.empty()) return 0;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    return *middle;
  }

  std::vector<double> first_ = {}, last_ = std::vector<double>(judged);
  std::size_t tokens_ = 0;
  std::optional<std::size_t> early_peak_ = {};
};

}  // namespace stream_text
