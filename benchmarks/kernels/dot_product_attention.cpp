// SPDX-License-Identifier: MIT
// Dot-product attention: dot_product_attention/<pass>/<device>/float/[causal-]<tokens>x<heads>x<width>/<samples>.

#include "odot/kernels/dot_product_attention/cpu/dot_product_attention.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

struct Work {
  using Kernel = kernels::DotProductAttention<Cpu>;

  Work(const kernels::DotProductGeometry& geometry, std::size_t n) : g(geometry), samples(n) {
    for (auto* array : {&q, &k, &v, &dy, &y, &dq, &dk, &dv}) array->resize(n * g.tokens * features());
    statistics.resize(2 * n * g.heads * g.tokens);
    std::uint64_t stream = 1;
    for (auto* array : {&q, &k, &v, &dy}) benchmarks::fill_uniform(std::span<float>(*array), stream++, -1, 1);
  }

  std::size_t features() const { return g.heads * g.width; }
  template <class T>
  kernels::TokenArray<T> rows(T* data) const {
    return {data, features()};
  }

  void forward() {
    Kernel::forward<float>(workspace, g, samples, rows(q.data()), rows(k.data()), rows(v.data()), nullptr,
                           rows(y.data()), statistics.data());
  }
  void backward() {
    Kernel::backward<float>(workspace, g, samples, rows(q.data()), rows(k.data()), rows(v.data()), nullptr,
                            rows(y.data()), statistics.data(), rows(dy.data()), rows(dq.data()), rows(dk.data()),
                            rows(dv.data()));
  }
  void naive_forward() {
    std::vector<float> a(g.tokens);
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t h = 0; h < g.heads; ++h)
        for (std::size_t i = 0; i < g.tokens; ++i) {
          const auto at = [&](std::size_t token) { return (n * g.tokens + token) * features() + h * g.width; };
          const std::size_t seen = g.causal ? i + 1 : g.tokens;
          float sum = 0;
          for (std::size_t j = 0; j < seen; ++j) {
            float product = 0;
            for (std::size_t c = 0; c < g.width; ++c) product += q[at(i) + c] * k[at(j) + c];
            sum += a[j] = std::exp(static_cast<float>(g.scale) * product);
          }
          std::fill_n(&y[at(i)], g.width, 0.0f);
          for (std::size_t j = 0; j < seen; ++j)
            for (std::size_t c = 0; c < g.width; ++c) y[at(i) + c] += a[j] / sum * v[at(j) + c];
        }
  }

  bool forward_is_right() {
    naive_forward();
    const std::vector<float> expected = y;
    forward();
    return benchmarks::all_close(y, expected);
  }
  bool backward_is_right() {
    forward();
    backward();
    const auto loss = [&] {
      forward();
      return benchmarks::dot(y, dy);
    };
    const bool right = benchmarks::gradient_fits(q, dq, loss) && benchmarks::gradient_fits(k, dk, loss) &&
                       benchmarks::gradient_fits(v, dv, loss);
    forward();
    return right;
  }
  /// `products` of tokens × tokens × width multiply-adds per head.
  benchmarks::Cost cost(double products) const {
    const auto pairs = static_cast<double>(samples * g.heads * g.tokens * (g.causal ? g.tokens + 1 : 2 * g.tokens)) / 2;
    return {.flop = products * 2 * pairs * static_cast<double>(g.width), .bytes = 0, .exponentials = pairs};
  }

  kernels::DotProductGeometry g;
  std::size_t samples;
  Workspace<> workspace;
  std::vector<float> q, k, v, dy, y, statistics, dq, dk, dv;
};

void add(std::size_t samples, std::size_t tokens, std::size_t heads, std::size_t width, bool causal = false) {
  const kernels::DotProductGeometry g{.tokens = tokens,
                                      .heads = heads,
                                      .width = width,
                                      .value_width = width,
                                      .causal = causal,
                                      .scale = 1 / std::sqrt(static_cast<double>(width))};
  const std::string shape = std::string("/float/") + (causal ? "causal-" : "") + std::to_string(tokens) + "x" +
                            std::to_string(heads) + "x" + std::to_string(width);
  benchmarks::add("dot_product_attention/forward/cpu" + shape, samples, [=](benchmark::State& state, std::size_t n) {
    Work work(g, n);
    benchmarks::run(state, work.forward_is_right(), work.cost(2), [&] { work.forward(); });
  });
  benchmarks::add("dot_product_attention/forward/naive" + shape, samples, [=](benchmark::State& state, std::size_t n) {
    Work work(g, n);
    benchmarks::run(state, true, work.cost(2), [&] { work.naive_forward(); });
  });
  benchmarks::add("dot_product_attention/backward/cpu" + shape, samples, [=](benchmark::State& state, std::size_t n) {
    Work work(g, n);
    benchmarks::run(state, work.backward_is_right(), work.cost(5), [&] { work.backward(); });
  });
}

const bool registered = [] {
  add(512, 17, 1, 64);  // the minimal transformers' tokens
  add(512, 17, 4, 16);
  add(2, 1024, 8, 64);
  add(2, 1024, 8, 64, true);
  return true;
}();

}  // namespace
