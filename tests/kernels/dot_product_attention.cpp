// SPDX-License-Identifier: MIT
#include "odot/kernels/dot_product_attention/cpu/dot_product_attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "support/difference.hpp"
#include "support/dot_product_cases.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_dot_product_attention.hpp"

using namespace odot;
using namespace odot::test;
using kernels::DotProductGeometry, kernels::TokenArray;

namespace {

using Kernel = kernels::DotProductAttention<Cpu>;

/// Inputs of a formula in arrays wider than they need be; outputs of garbage.
template <class S>
struct Problem {
  Problem(DotProductGeometry geometry, std::size_t n, std::vector<std::int32_t> valid = {}, double size = 1)
      : g(geometry), samples(n), lengths(std::move(valid)) {
    std::size_t start = 0;
    const auto fill = [&](std::vector<S>& values, std::size_t width) {
      values = hash_uniform<S>(samples * g.tokens * (g.heads * width + gap), start);
      for (S& value : values) value *= static_cast<S>(size);
      start += values.size();
    };
    fill(q, g.width);
    fill(k, g.width);
    fill(v, g.value_width);
    fill(dy, g.value_width);
    y.assign(v.size(), garbage);
    statistics.assign(2 * samples * g.heads * g.tokens, garbage);
    dq.assign(q.size(), garbage);
    dk.assign(k.size(), garbage);
    dv.assign(v.size(), garbage);
  }

  static constexpr std::size_t gap = 3;
  static constexpr S garbage = 77;
  std::size_t stride(std::size_t width) const { return g.heads * width + gap; }
  template <class T>
  TokenArray<T> of(T* data, std::size_t width) const {
    return {data, stride(width)};
  }
  const std::int32_t* valid() const { return lengths.empty() ? nullptr : lengths.data(); }

  void forward(Workspace<Cpu>& workspace) {
    Kernel::forward<S>(workspace, g, samples, of(q.data(), g.width), of(k.data(), g.width), of(v.data(), g.value_width),
                       valid(), of(y.data(), g.value_width), statistics.data());
  }
  void backward(Workspace<Cpu>& workspace) {
    Kernel::backward<S>(workspace, g, samples, of(q.data(), g.width), of(k.data(), g.width),
                        of(v.data(), g.value_width), valid(), of(y.data(), g.value_width), statistics.data(),
                        of(dy.data(), g.value_width), of(dq.data(), g.width), of(dk.data(), g.width),
                        of(dv.data(), g.value_width));
  }

  /// Without the gaps between tokens; what lies there must be as it was.
  std::vector<double> dense(const std::vector<S>& values, std::size_t width) const {
    std::vector<double> result;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (i % stride(width) < g.heads * width) result.push_back(static_cast<double>(values[i]));
    return result;
  }
  bool gaps_are_garbage(const std::vector<S>& values, std::size_t width) const {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (i % stride(width) >= g.heads * width && values[i] != garbage) return false;
    return true;
  }

  NaiveDotProductAttention naive() const {
    NaiveDotProductAttention result{g,
                                    samples,
                                    dense(q, g.width),
                                    dense(k, g.width),
                                    dense(v, g.value_width),
                                    dense(dy, g.value_width),
                                    lengths,
                                    {},
                                    {},
                                    {},
                                    {},
                                    {}};
    result.run();
    return result;
  }

  DotProductGeometry g;
  std::size_t samples;
  std::vector<std::int32_t> lengths;
  std::vector<S> q, k, v, dy, y, statistics, dq, dk, dv;
};

/// All that forward and backward leave against the definition.
template <class S>
void check(Problem<S> p, double tolerance) {
  CAPTURE(p.g.tokens);
  CAPTURE(p.g.causal);
  CAPTURE(p.lengths.size());
  Workspace<Cpu> workspace(1);
  const NaiveDotProductAttention naive = p.naive();
  p.forward(workspace);
  CHECK(difference(p.dense(p.y, p.g.value_width), naive.y, tolerance) == "");
  CHECK(difference_within(p.statistics, naive.statistics, tolerance) == "");
  p.backward(workspace);
  CHECK(difference(p.dense(p.dv, p.g.value_width), naive.dv, tolerance) == "");
  CHECK(difference_within(p.dense(p.dq, p.g.width), naive.dq, tolerance) == "");
  CHECK(difference_within(p.dense(p.dk, p.g.width), naive.dk, tolerance) == "");
  CHECK(p.gaps_are_garbage(p.y, p.g.value_width));
  CHECK(p.gaps_are_garbage(p.dq, p.g.width));
  CHECK(p.gaps_are_garbage(p.dk, p.g.width));
  CHECK(p.gaps_are_garbage(p.dv, p.g.value_width));
}

constexpr std::size_t block = Kernel::key_block;

void run_case(DotProductCase& c) {
  const std::size_t queries = c.g.heads * c.g.width, values = c.g.heads * c.g.value_width;
  std::vector<float> statistics(2 * c.g.heads * c.g.tokens);
  for (auto* result : {&c.y, &c.dv}) result->assign(c.v.size(), 77);
  for (auto* result : {&c.dq, &c.dk}) result->assign(c.q.size(), 77);
  Workspace<Cpu> workspace(1);
  Kernel::forward<float>(workspace, c.g, 1, {c.q.data(), queries}, {c.k.data(), queries}, {c.v.data(), values}, nullptr,
                         {c.y.data(), values}, statistics.data());
  Kernel::backward<float>(workspace, c.g, 1, {c.q.data(), queries}, {c.k.data(), queries}, {c.v.data(), values},
                          nullptr, {c.y.data(), values}, statistics.data(), {c.dy.data(), values},
                          {c.dq.data(), queries}, {c.dk.data(), queries}, {c.dv.data(), values});
}

}  // namespace

TEST_CASE("forward matches hand-computed values") {
  // Two tokens, one head of width 1: scores 2 q k = {0, ln 3} for the first query, {0, 0} for the second.
  const double log3 = std::log(3.0);
  const std::vector<double> q{log3 / 2, 0}, k{0, 1}, v{4, 8};
  std::vector<double> y(2), statistics(4);
  Workspace<Cpu> workspace(1);
  const auto forward = [&](bool causal) {
    Kernel::forward<double>(workspace, {.tokens = 2, .causal = causal, .scale = 2}, 1, {q.data(), 1}, {k.data(), 1},
                            {v.data(), 1}, nullptr, {y.data(), 1}, statistics.data());
  };
  forward(false);
  CHECK(difference(y, std::vector<double>{(4 + 3 * 8) / 4.0, 6}, 1e-15) == "");
  CHECK(difference(statistics, std::vector<double>{log3 / 2, 0, 3.0 / 4, 1.0 / 2}, 1e-15) == "");
  forward(true);
  CHECK(difference(y, std::vector<double>{4, 6}, 1e-15) == "");
}

TEST_CASE("forward and backward match the definition on tokens around the size of a block") {
  for (const bool causal : {false, true})
    for (const std::size_t tokens : {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{17}, block - 1, block,
                                     block + 1, 2 * block, 2 * block + 7})
      check(Problem<double>(
                {.tokens = tokens, .heads = 2, .width = 3, .value_width = 5, .causal = causal, .scale = 0.7}, 3),
            1e-12);
}

TEST_CASE("forward and backward match the definition for one head of one feature") {
  for (const bool causal : {false, true}) check(Problem<double>({.tokens = 7, .causal = causal}, 2), 1e-13);
}

TEST_CASE("padding gives 0 and has no gradient, whatever lies there") {
  const auto last = static_cast<std::int32_t>(2 * block + 3);
  for (const bool causal : {false, true}) {
    Problem<double> p({.tokens = 2 * block + 3, .heads = 3, .width = 4, .value_width = 2, .causal = causal}, 5,
                      {last, 1, 0, static_cast<std::int32_t>(block), static_cast<std::int32_t>(block + 1)});
    check(p, 1e-12);
    // Not even NaN at padding comes through.
    const NaiveDotProductAttention naive = p.naive();
    const auto spoil = [&](std::vector<double>& values, std::size_t width) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t token = i / p.stride(width), sample = token / p.g.tokens;
        if (token % p.g.tokens >= static_cast<std::size_t>(p.lengths[sample]))
          values[i] = std::numeric_limits<double>::quiet_NaN();
      }
    };
    spoil(p.q, p.g.width);
    spoil(p.k, p.g.width);
    spoil(p.v, p.g.value_width);
    spoil(p.dy, p.g.value_width);
    Workspace<Cpu> workspace(1);
    p.forward(workspace);
    p.backward(workspace);
    CHECK(difference(p.dense(p.y, p.g.value_width), naive.y, 1e-12) == "");
    CHECK(difference(p.dense(p.dq, p.g.width), naive.dq, 1e-12) == "");
    CHECK(difference(p.dense(p.dk, p.g.width), naive.dk, 1e-12) == "");
    CHECK(difference(p.dense(p.dv, p.g.value_width), naive.dv, 1e-12) == "");
  }
}

TEST_CASE("float agrees with the definition in double") {
  for (const bool causal : {false, true}) {
    check(
        Problem<float>({.tokens = 17, .heads = 4, .width = 16, .value_width = 16, .causal = causal, .scale = 0.25}, 3),
        3e-6);
    check(Problem<float>({.tokens = 150, .heads = 1, .width = 5, .value_width = 7, .causal = causal}, 2, {}, 2), 1e-5);
  }
}

TEST_CASE("large scores neither overflow nor lose the running maximum") {
  // Scores to ±1500 that grow from block to block: every block rescales what came before.
  constexpr std::size_t tokens = 3 * block;
  std::vector<float> q(tokens, 50.0f), k(tokens), v(tokens), y(tokens), statistics(2 * tokens);
  for (std::size_t j = 0; j < tokens; ++j) {
    k[j] = 60.0f * (static_cast<float>(j) / tokens - 0.5f);
    v[j] = static_cast<float>(j);
  }
  Workspace<Cpu> workspace(1);
  Kernel::forward<float>(workspace, {.tokens = tokens}, 1, {q.data(), 1}, {k.data(), 1}, {v.data(), 1}, nullptr,
                         {y.data(), 1}, statistics.data());
  CHECK(difference_within(y, std::vector<double>(tokens, tokens - 1), 1e-3) == "");  // e^(−15.6) comes from the next
  CHECK(difference(std::span(statistics).first(tokens), std::vector<double>(tokens, 1500.0 * (1 - 2.0 / tokens)),
                   1e-6) == "");
}

TEST_CASE("float is as double for inputs of every size") { check_sizes_of_inputs(run_case); }

TEST_CASE("where one key takes all, queries and keys have no gradient") { check_saturated_gradients(run_case); }

TEST_CASE("what is not finite shows in what depends on it, and there alone") { check_not_finite(run_case); }

TEST_CASE("products that overflow give NaN or no weight") { check_overflow(run_case); }

TEST_CASE("sums over a long sequence keep float's precision") { check_long_sequence(4096 + 77, 2e-6, run_case); }

TEST_CASE("q and k may be one array, and gradients that share memory receive their sum") {
  const DotProductGeometry g{.tokens = block + 5, .heads = 2, .width = 3, .value_width = 3, .scale = 0.6};
  Problem<double> p(g, 2);
  NaiveDotProductAttention naive{
      g, 2, p.dense(p.q, 3), p.dense(p.q, 3), p.dense(p.q, 3), p.dense(p.dy, 3), {}, {}, {}, {}, {}, {}};
  naive.run();
  std::vector<double> sum = naive.dq;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += naive.dk[i] + naive.dv[i];

  Workspace<Cpu> workspace(1);
  const auto x = p.of<const double>(p.q.data(), 3), dy = p.of<const double>(p.dy.data(), 3);
  const auto y = p.of(p.y.data(), 3), dx = p.of(p.dq.data(), 3);
  Kernel::forward<double>(workspace, g, 2, x, x, x, nullptr, y, p.statistics.data());
  CHECK(difference(p.dense(p.y, 3), naive.y, 1e-13) == "");
  Kernel::backward<double>(workspace, g, 2, x, x, x, nullptr, y, p.statistics.data(), dy, dx, dx, dx);
  CHECK(difference(p.dense(p.dq, 3), sum, 1e-12) == "");
}

TEST_CASE("forward works without statistics") {
  Workspace<Cpu> workspace(1);
  Problem<double> p({.tokens = 9, .heads = 2, .width = 3, .value_width = 2}, 2), other = p;
  p.forward(workspace);
  Kernel::forward<double>(workspace, p.g, 2, p.of<const double>(p.q.data(), 3), p.of<const double>(p.k.data(), 3),
                          p.of<const double>(p.v.data(), 2), nullptr, p.of(other.y.data(), 2), nullptr);
  CHECK(other.y == p.y);
  CHECK(difference(p.dense(other.y, 2), p.naive().y, 1e-13) == "");
}

TEST_CASE("any number of threads gives the same bits") {
  for (const std::size_t samples : {std::size_t{1}, std::size_t{40}})  // one: a sample's keys are cut into runs
    for (const bool causal : {false, true}) {
      Problem<float> p({.tokens = 200, .heads = 2, .width = 7, .value_width = 5, .causal = causal}, samples), first = p;
      Workspace<Cpu> one(1);
      first.forward(one);
      first.backward(one);
      const NaiveDotProductAttention naive = p.naive();
      CHECK(difference(p.dense(first.y, 5), naive.y, 1e-5) == "");
      CHECK(difference(p.dense(first.dq, 7), naive.dq, 1e-4) == "");
      CHECK(difference(p.dense(first.dk, 7), naive.dk, 1e-4) == "");
      CHECK(difference(p.dense(first.dv, 5), naive.dv, 1e-5) == "");
      for (const int threads : {2, 3}) {
        Problem<float> other = p;
        Workspace<Cpu> many(threads);
        other.forward(many);
        other.backward(many);
        CHECK(other.y == first.y);
        CHECK(other.statistics == first.statistics);
        CHECK(other.dq == first.dq);
        CHECK(other.dk == first.dk);
        CHECK(other.dv == first.dv);
      }
    }
}
