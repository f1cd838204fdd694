#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention by its definition, with the whole L×L matrix, in double. The oracle of the kernels.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "odot/kernels/dot_product_attention/contract.hpp"

namespace odot::test {

/// One call on dense arrays: q, k [N, L, H·d], v [N, L, H·dv].
struct NaiveDotProductAttention {
  kernels::DotProductGeometry g;
  std::size_t samples = 1;
  std::vector<double> q, k, v, dy;
  std::vector<std::int32_t> lengths;  // none: all tokens are valid

  std::vector<double> y, statistics, dq, dk, dv;

  void run() {
    y.assign(v.size(), 0.0);
    statistics.assign(2 * samples * g.heads * g.tokens, 0.0);
    dq.assign(q.size(), 0.0);
    dk.assign(k.size(), 0.0);
    dv.assign(v.size(), 0.0);
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t h = 0; h < g.heads; ++h) run_head(n, h);
  }

 private:
  std::size_t valid(std::size_t n) const { return lengths.empty() ? g.tokens : static_cast<std::size_t>(lengths[n]); }
  std::size_t at(std::size_t n, std::size_t h, std::size_t i, std::size_t width) const {
    return ((n * g.tokens + i) * g.heads + h) * width;
  }
  static double dot(const double* a, const double* b, std::size_t count) {
    double sum = 0;
    for (std::size_t c = 0; c < count; ++c) sum += a[c] * b[c];
    return sum;
  }

  void run_head(std::size_t n, std::size_t h) {
    const std::size_t length = valid(n);
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t seen = g.causal ? i + 1 : length;
      std::vector<double> a(seen), da(seen);
      double sum = 0, mean = 0;
      for (std::size_t j = 0; j < seen; ++j) a[j] = dot(&q[at(n, h, i, g.width)], &k[at(n, h, j, g.width)], g.width);
      const double most = *std::max_element(a.begin(), a.end());
      for (double& score : a) sum += score = std::exp(g.scale * (score - most));
      double* kept = &statistics[(n * g.heads + h) * 2 * g.tokens + i];
      kept[0] = most;
      kept[g.tokens] = 1 / sum;
      const std::size_t row = at(n, h, i, g.value_width);
      for (std::size_t j = 0; j < seen; ++j) {
        a[j] /= sum;
        for (std::size_t c = 0; c < g.value_width; ++c) {
          y[row + c] += a[j] * v[at(n, h, j, g.value_width) + c];
          dv[at(n, h, j, g.value_width) + c] += a[j] * dy[row + c];
        }
        da[j] = dot(&dy[row], &v[at(n, h, j, g.value_width)], g.value_width);
        mean += a[j] * da[j];
      }
      for (std::size_t j = 0; j < seen; ++j)
        for (std::size_t c = 0; c < g.width; ++c) {
          const double ds = g.scale * a[j] * (da[j] - mean);
          dq[at(n, h, i, g.width) + c] += ds * k[at(n, h, j, g.width) + c];
          dk[at(n, h, j, g.width) + c] += ds * q[at(n, h, i, g.width) + c];
        }
    }
  }
};

}  // namespace odot::test
