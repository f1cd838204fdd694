#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise heads as the paper's equations say, in plain loops over one batch: the oracle of the heads' kernels.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace odot::test {

/// Double precision, row-major. Map m = h·C + c. Everything is public: a test fills the inputs and reads the rest.
/// Source  Element-Wise Attention Layers, section 3
struct NaiveAttentionHeads {
  std::size_t N, C, H, W, heads;
  bool norm = true, affine = false;
  std::vector<double> x{}, wx{}, wy{}, bx{}, by{}, scale{}, shift{};  // [N, C, H, W]; [heads, C, H, W]; [heads·C]
  std::vector<double> running_mean{}, running_var{};                  // [heads·C], updated by a training forward
  std::vector<double> ax{}, ay{}, a{}, normed{}, y{};                 // [N, heads·C, H, W]
  std::vector<double> mean{}, sigma{};                                // [heads·C]
  std::vector<double> dx{}, dwx{}, dwy{}, dbx{}, dby{}, dscale{}, dshift{};

  std::size_t maps() const { return heads * C; }
  std::size_t x_at(std::size_t n, std::size_t m, std::size_t i, std::size_t j) const {
    return ((n * C + m % C) * H + i) * W + j;
  }
  std::size_t y_at(std::size_t n, std::size_t m, std::size_t i, std::size_t j) const {
    return ((n * maps() + m) * H + i) * W + j;
  }
  std::size_t w_at(std::size_t m, std::size_t i, std::size_t j) const { return (m * H + i) * W + j; }

  /// body(n, m, i, j) for every map element.
  template <class Body>
  void each(const Body& body) const {
    for (std::size_t n = 0; n < N; ++n)
      for (std::size_t m = 0; m < maps(); ++m)
        for (std::size_t i = 0; i < H; ++i)
          for (std::size_t j = 0; j < W; ++j) body(n, m, i, j);
  }

  double row_score(std::size_t n, std::size_t m, std::size_t i, std::size_t j) const {
    return x[x_at(n, m, i, j)] * wx[w_at(m, i, j)] + (bx.empty() ? 0 : bx[w_at(m, i, j)]);
  }
  double column_score(std::size_t n, std::size_t m, std::size_t i, std::size_t j) const {
    return x[x_at(n, m, i, j)] * wy[w_at(m, i, j)] + (by.empty() ? 0 : by[w_at(m, i, j)]);
  }

  /// exp(score(at)) / Σ_k exp(score(k)); ∞ less ∞ is NaN.
  template <class Score>
  static double softmax(std::size_t count, std::size_t at, const Score& score) {
    double largest = score(0), sum = 0;
    for (std::size_t k = 1; k < count; ++k) largest = std::max(largest, score(k));
    for (std::size_t k = 0; k < count; ++k) sum += std::exp(score(k) - largest);
    return std::exp(score(at) - largest) / sum;
  }

  /// Statistics of the batch in training, running ones otherwise.
  void forward(bool training) {
    for (auto* block : {&ax, &ay, &a, &normed, &y}) block->assign(N * maps() * H * W, 0);
    each([&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) {
      const std::size_t at = y_at(n, m, i, j);
      ax[at] = softmax(W, j, [&](std::size_t k) { return row_score(n, m, i, k); });
      ay[at] = softmax(H, i, [&](std::size_t k) { return column_score(n, m, k, j); });
      a[at] = ax[at] * ay[at];
    });
    statistics(training);
    each([&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) {
      const std::size_t at = y_at(n, m, i, j);
      normed[at] = norm ? (a[at] - mean[m]) / sigma[m] : a[at];
      const double relevance = affine ? scale[m] * normed[at] + shift[m] : normed[at];
      y[at] = relevance * x[x_at(n, m, i, j)];
    });
  }

  /// After a training forward; all gradients from zero.
  void backward(const std::vector<double>& dy) {
    dx.assign(x.size(), 0);
    for (auto* block : {&dwx, &dwy, &dbx, &dby}) block->assign(wx.size(), 0);
    for (auto* block : {&dscale, &dshift}) block->assign(maps(), 0);
    std::vector<double> grad(a.size()), sum(maps()), product(maps());
    const auto elements = static_cast<double>(N * H * W);
    each([&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) {
      const std::size_t at = y_at(n, m, i, j), from = x_at(n, m, i, j);
      // y = (scale · normed + shift) ⊙ x
      dx[from] += dy[at] * (affine ? scale[m] * normed[at] + shift[m] : normed[at]);
      grad[at] = dy[at] * x[from];
      dscale[m] += grad[at] * normed[at];
      dshift[m] += grad[at];
      if (affine) grad[at] *= scale[m];
      sum[m] += grad[at];
      product[m] += grad[at] * normed[at];
    });
    if (norm)  // normed = (a − mean)/σ, mean and σ functions of every a
      each([&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) {
        const std::size_t at = y_at(n, m, i, j);
        grad[at] = (grad[at] - sum[m] / elements - normed[at] * product[m] / elements) / sigma[m];
      });
    each([&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) {
      // a = ax ⊙ ay; a softmax s has ∂s_k/∂z_j = s_k (δ_kj − s_j)
      const std::size_t from = x_at(n, m, i, j), w = w_at(m, i, j), at = y_at(n, m, i, j);
      double dzx = 0, dzy = 0;
      for (std::size_t k = 0; k < W; ++k) {
        const std::size_t other = y_at(n, m, i, k);
        dzx += grad[other] * ay[other] * ax[other] * ((k == j ? 1 : 0) - ax[at]);
      }
      for (std::size_t k = 0; k < H; ++k) {
        const std::size_t other = y_at(n, m, k, j);
        dzy += grad[other] * ax[other] * ay[other] * ((k == i ? 1 : 0) - ay[at]);
      }
      // zx = x ⊙ wx + bx
      dwx[w] += dzx * x[from];
      dwy[w] += dzy * x[from];
      dbx[w] += dzx;
      dby[w] += dzy;
      dx[from] += dzx * wx[w] + dzy * wy[w];
    });
  }

 private:
  void statistics(bool training) {
    mean.assign(maps(), 0);
    sigma.assign(maps(), 1);
    if (!norm) return;
    const auto elements = static_cast<double>(N * H * W);
    std::vector<double> variance(maps(), 0);
    each(
        [&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) { mean[m] += a[y_at(n, m, i, j)] / elements; });
    each([&](std::size_t n, std::size_t m, std::size_t i, std::size_t j) {
      variance[m] += std::pow(a[y_at(n, m, i, j)] - mean[m], 2) / elements;
    });
    for (std::size_t m = 0; m < maps(); ++m) {
      if (training) {
        running_mean[m] = 0.9 * running_mean[m] + 0.1 * mean[m];
        running_var[m] = 0.9 * running_var[m] + 0.1 * variance[m] * elements / (elements - 1);
      } else {
        mean[m] = running_mean[m];
        variance[m] = running_var[m];
      }
      sigma[m] = std::sqrt(variance[m] + 1e-5);
    }
  }
};

}  // namespace odot::test
