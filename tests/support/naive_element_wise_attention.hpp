#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention by its definition, pair of tokens by pair, in double: the oracle of the kernels.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/kernels/element_wise_attention/element_wise_attention.hpp"

namespace odot::test {

/// Outputs and gradients of `samples` sequences of `tokens` tokens of `channels` channels. lengths: empty or one a sample.
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
  /// A weight, up to a factor e^shift, and its derivatives.
  struct Weight {
    double w, dq, dk;
  };
  Weight weight(double q, double k, double shift) const {
    if (!form_.is_series()) {
      const double w = std::exp(shift - (q - k) * (q - k));
      return {w, -2 * (q - k) * w, 2 * (q - k) * w};
    }
    double sum = 0, slope = 0, term = 1;  // of Σ (2 q k)ⁿ / n!
    for (std::size_t n = 0; n <= form_.order; ++n) {
      sum += term;
      if (n < form_.order) slope += term;
      term *= 2 * q * k / static_cast<double>(n + 1);
    }
    const double e = std::exp(shift - k * k);
    return {e * sum, e * slope * 2 * k, e * (slope * 2 * q - 2 * k * sum)};
  }
  double exponent(double q, double k) const { return form_.is_series() ? k * k : (q - k) * (q - k); }

  void attend(std::size_t n, std::size_t i, std::size_t c, std::size_t valid) {
    const auto at = [&](std::size_t token, std::size_t part) {
      return ((n * tokens_ + token) * 3 + part) * channels_ + c;
    };
    const std::size_t end = form_.causal ? i + 1 : valid, out = (n * tokens_ + i) * channels_ + c;
    const double q = qkv_[at(i, 0)];
    double shift = std::numeric_limits<double>::max(), sum = 0, weighted = 0;
    for (std::size_t j = 0; j < end; ++j) shift = std::min(shift, exponent(q, qkv_[at(j, 1)]));
    for (std::size_t j = 0; j < end; ++j) {
      const double w = weight(q, qkv_[at(j, 1)], shift).w;
      sum += w;
      weighted += w * qkv_[at(j, 2)];
    }
    y[out] = weighted / sum;
    for (std::size_t j = 0; j < end; ++j) {
      const Weight w = weight(q, qkv_[at(j, 1)], shift);
      const double slope = dy_[out] * (qkv_[at(j, 2)] - y[out]) / sum;
      dqkv[at(i, 0)] += slope * w.dq;
      dqkv[at(j, 1)] += slope * w.dk;
      dqkv[at(j, 2)] += dy_[out] * w.w / sum;
    }
  }

  kernels::ElementWiseForm form_;
  std::size_t tokens_, channels_;
  std::vector<double> qkv_, dy_;
};

}  // namespace odot::test
