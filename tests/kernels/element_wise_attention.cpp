// SPDX-License-Identifier: MIT
#include "odot/kernels/element_wise_attention/cpu/element_wise_attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_element_wise_attention.hpp"
#include "support/worst_of.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Form = kernels::ElementWiseForm;
using Kernel = kernels::ElementWiseAttention<Cpu>;

/// One call's arrays. Outputs and cache start as NaN.
template <Form F, std::size_t L, std::size_t D, class S = double>
struct Problem {
  explicit Problem(std::size_t samples, double reach = 1.5)
      : qkv(samples), dqkv(samples), y(samples), dy(samples),
        cache(kernels::element_wise_attention_cache(F, samples, L, D) + 1) {
    for (std::size_t i = 0; i < qkv.size(); ++i) qkv.data()[i] = static_cast<S>(reach * hash_uniform(i));
    for (std::size_t i = 0; i < dy.size(); ++i) dy.data()[i] = static_cast<S>(hash_uniform(1'000'000 + i));
  }

  const std::int32_t* lengths_or_null() const { return lengths.empty() ? nullptr : lengths.data(); }
  BatchView<Shape<L, 3 * D>, const S> input() const { return qkv; }
  BatchView<Shape<L, D>, const S> output() const { return y; }
  BatchView<Shape<L, D>, const S> output_gradient() const { return dy; }

  void forward(int threads = 1) {
    Workspace<Cpu> workspace(threads);
    std::ranges::fill(y.span(), nan);
    std::ranges::fill(cache, nan);
    Kernel::forward_training<F>(workspace, input(), lengths_or_null(), cache.data(), y.view());
  }
  void evaluate(int threads = 1) {
    Workspace<Cpu> workspace(threads);
    std::ranges::fill(y.span(), nan);
    Kernel::forward_evaluation<F>(workspace, input(), lengths_or_null(), y.view());
  }
  void backward(int threads = 1) {
    Workspace<Cpu> workspace(threads);
    std::ranges::fill(dqkv.span(), nan);
    const S* kept = cache.data();
    Kernel::backward<F>(workspace, input(), lengths_or_null(), kept, output(), output_gradient(), dqkv.view());
  }
  NaiveElementWiseAttention naive() const {
    return {F,
            qkv.samples(),
            L,
            D,
            {qkv.span().begin(), qkv.span().end()},
            {dy.span().begin(), dy.span().end()},
            {lengths.begin(), lengths.end()}};
  }

  static constexpr S nan = std::numeric_limits<S>::quiet_NaN();
  Batch<Shape<L, 3 * D>, S> qkv, dqkv;
  Batch<Shape<L, D>, S> y, dy;
  std::vector<S> cache;
  std::vector<std::int32_t> lengths;
};

template <Form F, std::size_t L, std::size_t D, class S = double>
void check_against_naive(std::size_t samples, std::vector<std::int32_t> lengths = {}, double tolerance = 1e-11) {
  CAPTURE(F.order);
  CAPTURE(F.causal);
  CAPTURE(L);
  CAPTURE(D);
  Problem<F, L, D, S> p(samples);
  p.lengths = lengths;
  const auto expected = p.naive();
  p.evaluate();
  CHECK(difference(p.y.span(), expected.y, tolerance) == "");
  p.forward();
  CHECK(difference(p.y.span(), expected.y, tolerance) == "");
  p.backward();
  CHECK(difference(p.dqkv.span(), expected.dqkv, tolerance) == "");
}

template <Form F>
void check_shapes() {
  check_against_naive<F, 5, 3>(2);
  check_against_naive<F, 1, 7>(3);
  check_against_naive<F, 6, 1>(1);
  check_against_naive<F, 33, 5>(2);   // one token more than a block
  check_against_naive<F, 70, 19>(9);  // whole and partial packets; many samples
  check_against_naive<F, 64, 8>(2);
  check_against_naive<F, 70, 5>(4, {70, 1, 64, 33});
  check_against_naive<F, 7, 9>(3, {3, 0, 7});
  check_against_naive<F, 41, 11, float>(3, {41, 40, 5}, F.order > 6 ? 1e-3 : 2e-4);
}

/// The golden vector: three tokens, two channels.
template <Form F>
void check_golden(const std::vector<double>& expected) {
  CAPTURE(F.order);
  CAPTURE(F.causal);
  Problem<F, 3, 2> p(1);
  p.qkv = Batch<Shape<3, 6>, double>(1, {.5, -.25, .25, -.5, 1, 2,  //
                                         1, .75, -.75, 1, -1, .5,   //
                                         -.5, 0, .5, .25, .25, -2});
  p.forward();
  CHECK(difference_within(p.y.span(), expected, 6e-9) == "");
  p.evaluate();
  CHECK(difference_within(p.y.span(), expected, 6e-9) == "");
}

/// Whether all numbers are finite, and at least one is not zero.
template <class Range>
bool finite(const Range& values) {
  return std::ranges::all_of(values, [](auto value) { return std::isfinite(value); }) &&
         std::ranges::any_of(values, [](auto value) { return value != 0; });
}

template <Form F, class S>
void check_large_keys() {
  CAPTURE(F.order);
  CAPTURE(F.causal);
  Problem<F, 40, 8, S> p(3);
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t c = 0; c < 8; ++c) {
        const S sign = (i + c) % 3 == 0 ? S{-1} : S{1};
        // sample 0: every key is large; 1: large ones before small ones; 2: small ones first, and one at 0
        const S size = n == 0 ? S{50} - S(i % 7) : n == 1 ? S(50) / S(i + 1) : S(i) * S(1.25);
        p.qkv[n](i, 8 + c) = sign * size;
        p.qkv[n](i, c) = c < 4 ? -sign * S{50} : p.qkv[n](i, c);  // queries as large, and moderate ones
      }
  p.forward();
  CHECK(finite(p.y.span()));
  p.backward();
  CHECK(finite(p.dqkv.span()));
}

constexpr Form full{.order = 0}, causal_full{.order = 0, .causal = true};
constexpr Form ea2{.order = 2}, ea6{.order = 6}, ea10{.order = 10};
constexpr Form causal2{.order = 2, .causal = true}, causal4{.order = 4, .causal = true},
    causal6{.order = 6, .causal = true}, causal16{.order = 16, .causal = true};

}  // namespace

static_assert(causal6.state() == 45);
static_assert(kernels::element_wise_attention_cache(full, 2, 100, 8) == 3200);
static_assert(kernels::element_wise_attention_cache(ea6, 2, 100, 8) == 2 * 16 * 8, "whatever the length");
static_assert(kernels::element_wise_attention_cache(causal6, 2, 32, 8) == 0);
static_assert(kernels::element_wise_attention_cache(causal6, 2, 100, 8) == 2 * 3 * 16 * 8);

TEST_CASE("forward matches the golden vector in every form") {
  check_golden<full>({.45592858, .22099008, .51435856, -.34685315, -.14792181, -.06580954});
  check_golden<ea2>({.43916673, .21972224, .43272285, -.39330607, -.12689757, -.06580954});
  check_golden<ea6>({.45592140, .22099014, .51372337, -.34722227, -.14791574, -.06580954});
  check_golden<causal2>({1, 2, .62169040, .85518031, -.12689757, -.06580954});
  check_golden<causal6>({1, 2, .84649664, .77385707, -.14791574, -.06580954});
}

TEST_CASE("the full form matches the naive reference, forward and backward") { check_shapes<full>(); }
TEST_CASE("the causal full form matches the naive reference, forward and backward") { check_shapes<causal_full>(); }
TEST_CASE("the series matches the naive reference, forward and backward") {
  check_shapes<ea2>();
  check_shapes<ea6>();
  check_shapes<ea10>();
}
TEST_CASE("the causal series matches the naive reference, forward and backward") {
  check_shapes<causal2>();
  check_shapes<causal6>();
}

TEST_CASE("padding is neither attended to nor given a gradient, whatever lies there") {
  const auto check = []<Form F>() {
    Problem<F, 40, 6> p(2);
    p.lengths = {37, 5};
    p.forward();
    const std::vector<double> y(p.y.span().begin(), p.y.span().end());
    for (std::size_t n = 0; n < 2; ++n)
      for (auto i = static_cast<std::size_t>(p.lengths[n]); i < 40; ++i)
        for (std::size_t c = 0; c < 18; ++c) p.qkv[n](i, c) = Problem<F, 40, 6>::nan;
    p.forward();
    CHECK(difference(p.y.span(), y, 0) == "");
    p.backward();
    CHECK(finite(p.dqkv.span()));
    for (std::size_t n = 0; n < 2; ++n)
      for (auto i = static_cast<std::size_t>(p.lengths[n]); i < 40; ++i) {
        for (std::size_t c = 0; c < 6; ++c) CHECK(p.y[n](i, c) == 0);
        for (std::size_t c = 0; c < 18; ++c) CHECK(p.dqkv[n](i, c) == 0);
      }
  };
  check.operator()<full>();
  check.operator()<causal_full>();
  check.operator()<ea6>();
  check.operator()<causal6>();
}

TEST_CASE("the full form's numbers of a channel do not depend on how large those beside it are") {
  const auto check = []<Form F>() {
    Problem<F, 39, 17, float> narrow(1, 0.7), mixed(1, 0.7);
    for (std::size_t i = 0; i < 39; ++i)
      for (std::size_t c = 1; c < 17; c += 3)
        for (std::size_t part = 0; part < 2; ++part) mixed.qkv[0](i, part * 17 + c) *= 40;
    const auto expected = mixed.naive();
    for (auto* p : {&narrow, &mixed}) p->forward(), p->backward();
    CHECK(difference(mixed.y.span(), expected.y, 1e-5) == "");
    CHECK(difference(mixed.dqkv.span(), expected.dqkv, 1e-4) == "");
    for (std::size_t i = 0; i < 39; ++i)
      for (std::size_t c = 0; c < 17; ++c)
        if (c % 3 != 1) {
          CHECK(mixed.y[0](i, c) == narrow.y[0](i, c));
          for (std::size_t part = 0; part < 3; ++part)
            CHECK(mixed.dqkv[0](i, part * 17 + c) == narrow.dqkv[0](i, part * 17 + c));
        }
  };
  check.operator()<full>();
  check.operator()<causal_full>();
}

TEST_CASE("an output of the causal full form does not depend on how large later tokens are") {
  Problem<causal_full, 39, 5, float> narrow(1, 0.7), wide(1, 0.7);
  for (std::size_t i = 30; i < 39; ++i)
    for (std::size_t c = 0; c < 15; ++c) wide.qkv[0](i, c) *= 100;
  for (auto* p : {&narrow, &wide}) p->forward();
  for (std::size_t i = 0; i < 30; ++i)
    for (std::size_t c = 0; c < 5; ++c) CHECK(wide.y[0](i, c) == narrow.y[0](i, c));
}

TEST_CASE("values and gradients are finite for keys and queries up to 50") {
  check_large_keys<full, float>();
  check_large_keys<causal_full, float>();
  check_large_keys<ea2, float>();
  check_large_keys<ea6, float>();
  check_large_keys<ea10, float>();
  check_large_keys<causal2, float>();
  check_large_keys<causal6, float>();
  check_large_keys<Form{.order = 16}, float>();
  check_large_keys<causal16, float>();
  check_large_keys<full, double>();
  check_large_keys<ea6, double>();
  check_large_keys<causal6, double>();
}

TEST_CASE("the series stays exact where every key is large, and where the minimum falls in the middle") {
  const auto check = []<Form F>() {
    Problem<F, 40, 4> p(2);
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t c = 0; c < 4; ++c) {
        p.qkv[0](i, 4 + c) += 40;
        p.qkv[1](i, 4 + c) += i < 20 ? 30 - 1.5 * static_cast<double>(i) : 0;
      }
    const auto expected = p.naive();
    p.forward();
    CHECK(difference(p.y.span(), expected.y, 1e-11) == "");
    p.backward();
    CHECK(difference(p.dqkv.span(), expected.dqkv, 1e-10) == "");
  };
  check.operator()<ea6>();
  check.operator()<causal6>();
  check.operator()<causal2>();
}

TEST_CASE("queries of any size give the limit of the ratio") {
  Problem<ea6, 4, 8, float> p(1);
  for (std::size_t c = 0; c < 8; ++c) {
    p.qkv[0](0, c) = 1e30f;
    p.qkv[0](1, c) = -std::numeric_limits<float>::max();
    p.qkv[0](2, c) = std::numeric_limits<float>::quiet_NaN();
  }
  p.forward();
  for (std::size_t c = 0; c < 8; ++c) {
    double sum = 0, weighted = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const double k = p.qkv[0](j, 8 + c), weight = std::pow(k, 6) * std::exp(-k * k);
      sum += weight;
      weighted += weight * p.qkv[0](j, 16 + c);
    }
    CHECK(p.y[0](0, c) == doctest::Approx(weighted / sum).epsilon(1e-3));
    CHECK(p.y[0](1, c) == doctest::Approx(weighted / sum).epsilon(1e-3));
    CHECK(std::isnan(p.y[0](2, c)));  // a diverging network is noticed
    CHECK(std::isfinite(p.y[0](3, c)));
  }
}

TEST_CASE("the series approaches the full form as its order grows") {
  const auto error = []<Form F>() {
    Problem<F, 20, 5> p(2, 0.9);
    Problem<Form{.order = 0, .causal = F.causal}, 20, 5> limit(2, 0.9);
    p.forward();
    limit.forward();
    double worst = 0;
    for (std::size_t i = 0; i < p.y.size(); ++i) worst = worst_of(worst, std::abs(p.y.span()[i] - limit.y.span()[i]));
    return worst;
  };
  const auto check = [&]<bool Causal>() {
    const std::vector<double> errors {
      error.template operator()<Form{.order = 2, .causal = Causal}>(),
      error.template operator()<Form{.order = 4, .causal = Causal}>(),
      error.template operator()<Form{.order = 6, .causal = Causal}>(),
      error.template operator()<Form{.order = 8, .causal = Causal}>(),
      error.template operator()<Form{.order = 12, .causal = Causal}>()
    };
    for (std::size_t i = 1; i < errors.size(); ++i) CHECK(errors[i] < errors[i - 1] / 2);
    CHECK(errors.front() > 1e-2);
    CHECK(errors.back() < 1e-5);
  };
  check.operator()<false>();
  check.operator()<true>();
}

TEST_CASE("steps give the causal form's numbers") {
  const auto check = []<Form F, class S>(S tolerance) {
    constexpr std::size_t L = 1000, D = 5, samples = 2;
    Problem<F, L, D, S> p(samples, 2.0);
    // A channel of large keys alone, one where they grow smaller, one of keys that are 0 or weigh nothing.
    for (std::size_t i = 0; i < L; ++i)
      for (std::size_t n = 0; n < samples; ++n) {
        p.qkv[n](i, 3) *= S(1e9);
        p.qkv[n](i, D + 3) = i % 7 == 3 ? S(1e30) : S(0);
        p.qkv[n](i, D) += 30;
        p.qkv[n](i, D + 1) += i < 100 ? S(40) - static_cast<S>(i) / 4 : 0;
      }
    p.evaluate();
    CHECK(finite(p.y.span()));
    Workspace<Cpu> workspace(1);
    Batch<Shape<F.state(), D>, S> state(samples);
    Batch<Shape<3 * D>, S> token(samples);
    Batch<Shape<D>, S> y(samples);
    std::vector<S> all(p.y.size());
    for (std::size_t i = 0; i < L; ++i) {
      for (std::size_t n = 0; n < samples; ++n) std::copy_n(p.qkv[n].data() + i * 3 * D, 3 * D, token[n].data());
      const auto& in = token;
      Kernel::step<F>(workspace, in.view(), state.view(), y.view());
      for (std::size_t n = 0; n < samples; ++n) std::copy_n(y[n].data(), D, all.data() + (n * L + i) * D);
    }
    CHECK(difference(all, p.y.span(), tolerance) == "");
  };
  check.operator()<causal2, double>(1e-12);
  check.operator()<causal4, double>(1e-12);
  check.operator()<causal6, double>(1e-12);
  check.operator()<causal6, float>(1e-4f);
}

TEST_CASE("any number of threads gives the same bits") {
  const auto check = []<Form F>(std::size_t samples) {
    Problem<F, 50, 37, float> one(samples), many(samples);
    one.lengths = many.lengths = std::vector<std::int32_t>(samples, 47);
    one.forward(1);
    one.backward(1);
    for (const int threads : {2, 3}) {
      many.forward(threads);
      many.backward(threads);
      CHECK(std::ranges::equal(one.y.span(), many.y.span()));
      CHECK(std::ranges::equal(one.dqkv.span(), many.dqkv.span()));
    }
  };
  for (const std::size_t samples : {1u, 20u}) {
    check.operator()<full>(samples);
    check.operator()<ea6>(samples);
    check.operator()<causal6>(samples);
  }
}
