#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention by its definition, one pair of tokens at a time: the kernels are checked against it. It uses
// long double, whose range holds the powers of large queries and keys.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/kernels/element_wise_attention/contract.hpp"

namespace odot::test {

/// Outputs and gradients of `samples` sequences of `tokens` tokens of `channels` channels. lengths: empty, or one per
/// sample.
class NaiveElementWiseAttention {
 public:
  NaiveElementWiseAttention(kernels::ElementWiseForm form, std::size_t samples, std::size_t tokens,
                            std::size_t channels, std::vector<double> qkv, std::vector<double> dy,
                            std::vector<int> lengths = {})
      : y(samples * tokens * channels), dqkv(qkv.size()), form_(form), tokens_(tokens), channels_(channels),
        qkv_(std::move(qkv)), dy_(std::move(dy)) {
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t i = 0; i < (lengths.empty() ? tokens : static_cast<std::size_t>(lengths[n])); ++i)
          attend(n, i, c, lengths.empty() ? tokens : static_cast<std::size_t>(lengths[n]));
  }

  std::vector<double> y, dqkv;

 private:
  /// A weight and its derivatives, relative to the largest exponential, that of the key `nearest`.
  struct Weight {
    long double w, dq, dk;
  };
  Weight weight(long double q, long double k, long double nearest) const {
    const long double e = std::exp(exponent(q, k, nearest));
    if (!form_.is_series()) return {e, -2 * (q - k) * e, 2 * (q - k) * e};
    long double sum = 0, slope = 0, term = 1;  // of Σ (2 q k)ⁿ / n!
    for (std::size_t n = 0; n <= form_.order; ++n) {
      sum += term;
      if (n < form_.order) slope += term;
      term *= 2 * q * k / static_cast<long double>(n + 1);
    }
    return {e * sum, e * slope * 2 * k, e * (slope * 2 * q - 2 * k * sum)};
  }
  /// How much the exponent of key k is above that of another key: a difference of squares, as a product, so that it is
  /// not lost.
  long double exponent(long double q, long double k, long double other) const {
    if (form_.is_series()) return (other - k) * (other + k);
    return (k - other) * ((q - k) + (q - other));
  }

  void attend(std::size_t n, std::size_t i, std::size_t c, std::size_t valid) {
    const auto at = [&](std::size_t token, std::size_t part) {
      return ((n * tokens_ + token) * 3 + part) * channels_ + c;
    };
    const std::size_t end = form_.causal ? i + 1 : valid, out = (n * tokens_ + i) * channels_ + c;
    const long double q = qkv_[at(i, 0)];
    long double nearest = std::numeric_limits<double>::max(), sum = 0, weighted = 0;
    for (std::size_t j = 0; j < end; ++j)
      if (exponent(q, qkv_[at(j, 1)], nearest) > 0) nearest = qkv_[at(j, 1)];
    for (std::size_t j = 0; j < end; ++j) {
      const long double w = weight(q, qkv_[at(j, 1)], nearest).w;
      sum += w;
      weighted += w * qkv_[at(j, 2)];
    }
    const long double mean = weighted / sum;
    y[out] = static_cast<double>(mean);
    for (std::size_t j = 0; j < end; ++j) {
      const Weight w = weight(q, qkv_[at(j, 1)], nearest);
      const long double slope = dy_[out] * (qkv_[at(j, 2)] - mean) / sum;
      dqkv[at(i, 0)] += static_cast<double>(slope * w.dq);
      dqkv[at(j, 1)] += static_cast<double>(slope * w.dk);
      dqkv[at(j, 2)] += static_cast<double>(dy_[out] * w.w / sum);
    }
  }

  kernels::ElementWiseForm form_;
  std::size_t tokens_, channels_;
  std::vector<double> qkv_, dy_;
};

}  // namespace odot::test
