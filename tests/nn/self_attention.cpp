// SPDX-License-Identifier: MIT
#include "odot/nn/self_attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "odot/kernels/add.hpp"
#include "odot/kernels/dot_product_attention/cpu/dot_product_attention.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/triangle.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;
using nn::AttentionForm, nn::SelfAttentionOptions;

namespace {

template <std::size_t L, std::size_t D, SelfAttentionOptions Options>
using Layer = Bound<nn::SelfAttention<Options>, Shape<L, D>>;

constexpr SelfAttentionOptions one_head{}, two_heads{.heads = 2}, biased{.heads = 2, .bias = true};
constexpr SelfAttentionOptions of(AttentionForm form, bool causal = false, bool bias = false, std::size_t heads = 1) {
  return {.heads = heads, .causal = causal, .form = form, .bias = bias};
}

template <class L>
std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& info : LayerRun<L>(1).parameter_table) result.push_back(info.name);
  return result;
}

}  // namespace

static_assert(Layer<5, 8, two_heads>::parameter_count == 4 * 8 * 8);
static_assert(Layer<5, 8, biased>::parameter_count == 4 * 8 * 8 + 4 * 8);
static_assert(Layer<5, 8, of(AttentionForm::wqk)>::parameter_count == 3 * 8 * 8);
static_assert(Layer<5, 8, of(AttentionForm::wqk_only)>::parameter_count == 8 * 8);
static_assert(Layer<5, 8, of(AttentionForm::symmetric, false, false, 4)>::parameter_count == 3 * 8 * 8);
static_assert(Layer<5, 8, of(AttentionForm::symmetric_tt)>::parameter_count == 8 * 9 / 2 + 2 * 8 * 8);
static_assert(Layer<5, 8, of(AttentionForm::symmetric_tt_only)>::parameter_count == 8 * 9 / 2);
static_assert(!Layer<5, 8, two_heads>::couples_samples && !Layer<5, 8, two_heads>::backward_reads_output);
static_assert(Layer<5, 8, two_heads>::cache_elements(16) == 16 * (3 * 5 * 8 + 5 * 8 + 2 * 2 * 5), "no L × L matrix");

TEST_CASE("parameters are named by what they make, weights before biases") {
  CHECK(names<Layer<2, 4, biased>>() == std::vector<std::string>{"q.weight", "k.weight", "v.weight", "q.bias", "k.bias",
                                                                 "v.bias", "out.weight", "out.bias"});
  CHECK(names<Layer<2, 4, of(AttentionForm::wqk)>>() ==
        std::vector<std::string>{"qk.weight", "v.weight", "out.weight"});
  CHECK(names<Layer<2, 4, of(AttentionForm::symmetric, false, true)>>() ==
        std::vector<std::string>{"q.weight", "v.weight", "q.bias", "v.bias", "out.weight", "out.bias"});
  CHECK(names<Layer<2, 4, of(AttentionForm::symmetric_tt_only)>>() == std::vector<std::string>{"qk.triangle"});
}

TEST_CASE("forward of the minimum matches hand-computed values") {
  // Two tokens of one feature, W_qk = w: similarities x_i w x_j, √d = 1.
  LayerRun<Layer<2, 1, of(AttentionForm::wqk_only)>> run(1);
  run.x = Batch<Shape<2, 1>, double>(1, {0, 2});
  run.parameter("qk.weight")[0] = std::log(3.0) / 4;
  run.forward();
  // Token 0: equal shares of 0 and 2. Token 1: similarities 0 and ln 3, shares 1/4 and 3/4.
  CHECK(difference(run.y.span(), std::vector<double>{1, 1.5}, 1e-15) == "");
}

TEST_CASE("the scale is one over the root of a head's width") {
  using Plan = nn::detail::SelfAttentionPlan<Shape<3, 18>, two_heads>;
  static_assert(Plan::geometry.width == 9 && Plan::geometry.scale == 1.0 / 3);
  CHECK(std::abs(nn::detail::SelfAttentionPlan<Shape<3, 7>, one_head>::geometry.scale - 1 / std::sqrt(7.0)) <= 1e-16);
  CHECK(nn::detail::SelfAttentionPlan<Shape<3, 1>, one_head>::geometry.scale == 1);
}

namespace {

/// c = a b, all [d, d], row-major.
std::vector<double> product(std::span<const double> a, std::span<const double> b, std::size_t d) {
  std::vector<double> c(d * d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      for (std::size_t l = 0; l < d; ++l) c[i * d + j] += a[i * d + l] * b[l * d + j];
  return c;
}
std::vector<double> transposed(std::span<const double> a, std::size_t d) {
  std::vector<double> c(d * d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) c[j * d + i] = a[i * d + j];
  return c;
}
std::vector<double> identity(std::size_t d) {
  std::vector<double> c(d * d);
  for (std::size_t i = 0; i < d; ++i) c[i * d + i] = 1;
  return c;
}

/// The full layer of as many heads, its matrices and the rest set by `set`, must do to x and dx what `run` does.
template <SelfAttentionOptions Options, class Run>
void check_against_full(Run& run, const auto& set) {
  constexpr SelfAttentionOptions options{.heads = Options.heads, .causal = Options.causal};
  using In = typename Run::In;
  LayerRun<Layer<In::extents[0], In::extents[1], options>> full(run.x.samples());
  full.lengths = run.lengths;
  full.draw(1000);
  std::ranges::copy(run.x.span(), full.x.data());
  std::ranges::copy(run.dy.span(), full.dy.data());
  set(full);
  run.forward();
  full.forward();
  CHECK(difference(run.y.span(), full.y.span(), 1e-13) == "");
  run.backward();
  full.backward();
  CHECK(difference(run.dx.span(), full.dx.span(), 1e-12) == "");
  run.predict();
  CHECK(difference(run.y.span(), full.y.span(), 1e-13) == "");
}

constexpr std::size_t D = 6;
const auto put = [](const auto& from, auto&& to) { std::ranges::copy(from, to.begin()); };

}  // namespace

TEST_CASE("one W_qk equals the full attention whose W_Q W_K^T it is") {
  const auto check = []<SelfAttentionOptions Options>() {
    LayerRun<Layer<5, D, Options>> run(3);
    run.draw();
    run.lengths = {5, 1, 3};
    check_against_full<Options>(run, [&](auto& full) {
      // x q.weightᵀ (x k.weightᵀ)ᵀ = x (q.weightᵀ k.weight) xᵀ = x qk.weightᵀ xᵀ
      put(product(transposed(full.parameter("k.weight"), D), full.parameter("q.weight"), D),
          run.parameter("qk.weight"));
      if constexpr (Options.form == AttentionForm::wqk) {
        put(run.parameter("v.weight"), full.parameter("v.weight"));
        put(run.parameter("out.weight"), full.parameter("out.weight"));
      } else {
        put(identity(D), full.parameter("v.weight"));
        put(identity(D), full.parameter("out.weight"));
      }
    });
  };
  check.operator()<of(AttentionForm::wqk)>();
  check.operator()<of(AttentionForm::wqk, true)>();
  check.operator()<of(AttentionForm::wqk_only)>();
  check.operator()<of(AttentionForm::wqk_only, true)>();
}

TEST_CASE("the symmetric form equals the full attention with W_K = W_Q") {
  const auto check = []<SelfAttentionOptions Options>() {
    LayerRun<Layer<5, D, Options>> run(3);
    run.draw();
    check_against_full<Options>(run, [&](auto& full) {
      for (const std::string name : {"q.weight", "v.weight", "out.weight"})
        put(run.parameter(name), full.parameter(name));
      put(run.parameter("q.weight"), full.parameter("k.weight"));
    });
  };
  check.operator()<of(AttentionForm::symmetric)>();
  check.operator()<of(AttentionForm::symmetric, false, false, 3)>();
  check.operator()<of(AttentionForm::symmetric, true, false, 2)>();
}

TEST_CASE("the triangular form equals the full attention with W_Q = W_K = T") {
  const auto check = []<SelfAttentionOptions Options>() {
    LayerRun<Layer<5, D, Options>> run(3);
    run.draw();
    std::vector<double> t(D * D);
    for (std::size_t i = 0, at = 0; i < D; ++i)
      for (std::size_t j = 0; j <= i; ++j) t[i * D + j] = run.parameter("qk.triangle")[at++];
    check_against_full<Options>(run, [&](auto& full) {
      put(transposed(t, D), full.parameter("q.weight"));
      put(transposed(t, D), full.parameter("k.weight"));
      const bool values = Options.form == AttentionForm::symmetric_tt;
      for (const std::string name : {"v.weight", "out.weight"})
        if (values) put(run.parameter(name), full.parameter(name));
        else put(identity(D), full.parameter(name));
    });
  };
  check.operator()<of(AttentionForm::symmetric_tt)>();
  check.operator()<of(AttentionForm::symmetric_tt_only)>();
  check.operator()<of(AttentionForm::symmetric_tt_only, true)>();
}

TEST_CASE("backward matches central differences for every form") {
  const auto check = []<AttentionForm Form>() {
    CAPTURE(static_cast<int>(Form));
    CHECK(check_gradients<Layer<5, 3, of(Form)>>({.most_elements = 40}));
    CHECK(check_gradients<Layer<5, 3, of(Form)>>({.samples = 2, .most_elements = 40, .lengths = {3, 5}}));
    CHECK(check_gradients<Layer<5, 3, of(Form, true, true)>>(
        {.samples = 4, .most_elements = 40, .may_be_zero = {"k.bias"}, .lengths = {5, 1, 2, 0}}));
    // A single token attends to itself alone, whatever the similarity.
    CHECK(check_gradients<Layer<1, 1, of(Form)>>({.samples = 2, .may_be_zero = {"q*", "k*"}}));
  };
  check.operator()<AttentionForm::full>();
  check.operator()<AttentionForm::wqk>();
  check.operator()<AttentionForm::wqk_only>();
  check.operator()<AttentionForm::symmetric>();
  check.operator()<AttentionForm::symmetric_tt>();
  check.operator()<AttentionForm::symmetric_tt_only>();
  CHECK(check_gradients<Layer<4, 1, one_head>>({.samples = 2}));
  CHECK(check_gradients<Layer<4, 1, of(AttentionForm::symmetric_tt)>>({.samples = 2}));
  CHECK(check_gradients<Layer<1, 3, one_head>>({.samples = 1, .may_be_zero = {"q*", "k*"}}));
}

TEST_CASE("backward matches central differences with several heads") {
  CHECK(check_gradients<Layer<5, 6, two_heads>>({.most_elements = 60}));
  CHECK(check_gradients<Layer<5, 6, of(AttentionForm::full, true, true, 3)>>(
      {.most_elements = 60, .may_be_zero = {"k.bias"}, .lengths = {2, 5, 4}}));
  CHECK(check_gradients<Layer<3, 6, of(AttentionForm::symmetric, false, true, 6)>>({.most_elements = 60}));
}

TEST_CASE("forward and backward match PyTorch's multi-head attention") {
  const Reference reference("self_attention.txt");
  const auto check = [&]<SelfAttentionOptions Options>(const std::string& name) {
    check_layer<Layer<4, 4, Options>>(reference, name, 1e-11,
                                      Options.bias ? std::vector<std::string>{"k.bias"} : std::vector<std::string>{});
  };
  check.operator()<two_heads>("two_heads");
  check.operator()<of(AttentionForm::full, false, true, 4)>("bias");
  check.operator()<of(AttentionForm::full, true, true, 2)>("causal");
  check.operator()<two_heads>("padded");
  check.operator()<of(AttentionForm::full, true, false, 2)>("causal_padded");
}

TEST_CASE("padding gives 0 and has no gradient, whatever lies there") {
  const auto check = []<SelfAttentionOptions Options>() {
    using L = Layer<5, D, Options>;
    LayerRun<L> run(2), other(2);
    for (auto* one : {&run, &other}) {
      one->draw();
      one->lengths = {3, 5};
    }
    for (std::size_t i = 3 * D; i < 5 * D; ++i) {
      other.x.data()[i] = 1e3;
      other.dy.data()[i] = -1e3;
    }
    for (auto* one : {&run, &other}) {
      one->forward();
      one->backward();
      CHECK(std::all_of(one->y.data() + 3 * D, one->y.data() + 5 * D, [](double y) { return y == 0; }));
      CHECK(std::all_of(one->dx.data() + 3 * D, one->dx.data() + 5 * D, [](double dx) { return dx == 0; }));
    }
    CHECK(difference(other.y.span(), run.y.span(), 1e-14) == "");
    CHECK(difference(other.dx.span(), run.dx.span(), 1e-13) == "");
    CHECK(difference(other.gradients, run.gradients, 1e-13) == "");
  };
  check.operator()<two_heads>();
  check.operator()<of(AttentionForm::wqk)>();
  check.operator()<of(AttentionForm::wqk_only)>();
  check.operator()<of(AttentionForm::symmetric, true)>();
  check.operator()<of(AttentionForm::symmetric_tt)>();
}

TEST_CASE("the triangle starts with the papers' deviation, whatever the network's rule") {
  using Model = nn::Sequential<Shape<2, 64>, nn::SelfAttention<of(AttentionForm::symmetric_tt)>>;
  const Network<Model> network(Seed{1}, nn::init::normal(0.5));
  const auto deviation = [&](const std::string& name) {
    double squares = 0;
    for (const float w : network.parameter(name)) squares += static_cast<double>(w) * static_cast<double>(w);
    return std::sqrt(squares / static_cast<double>(network.parameter(name).size()));
  };
  CHECK(std::abs(deviation("0.qk.triangle") - 0.125) <= 0.005);
  CHECK(std::abs(deviation("0.v.weight") - 0.5) <= 0.02);
}

namespace {

/// A layer with inputs as large as `size`, in `Scalar`; numbers that float holds.
template <class L, class Scalar>
LayerRun<L, Scalar> of_inputs_of_size(double size, const std::vector<std::int32_t>& lengths) {
  LayerRun<L, float> drawn(2);
  drawn.draw(17);
  LayerRun<L, Scalar> run(2);
  run.lengths = lengths;
  std::ranges::copy(drawn.parameters, run.parameters.begin());
  std::ranges::copy(drawn.dy.span(), run.dy.data());
  for (std::size_t i = 0; i < drawn.x.size(); ++i)
    run.x.data()[i] = static_cast<float>(static_cast<double>(drawn.x.data()[i]) * size);
  run.forward();
  run.backward();
  return run;
}

}  // namespace

TEST_CASE("float is as double for inputs of every size") {
  // Two scores of a row that are as one to float would part them; those of these inputs are not.
  const auto check = []<SelfAttentionOptions Options>() {
    CAPTURE(static_cast<int>(Options.form));
    using L = Layer<6, 8, Options>;
    for (const std::vector<std::int32_t>& lengths : {std::vector<std::int32_t>{}, {4, 6}})
      for (const double size : {1e-9, 1e-3, 1e5, 3e5, 1e6, 2e6, 4e6, 8e6, 3.3e7, 1e9, 1e13, 1e17}) {
        CAPTURE(size);
        auto expected = of_inputs_of_size<L, double>(size, lengths);
        auto actual = of_inputs_of_size<L, float>(size, lengths);
        CHECK(difference(actual.y.span(), expected.y.span(), 2e-6) == "");
        CHECK(difference(actual.dx.span(), expected.dx.span(), 5e-6) == "");
        double largest = 0;
        for (const double gradient : expected.gradients) largest = std::max(largest, std::abs(gradient));
        CHECK(difference_within(actual.gradients, expected.gradients, 5e-6 * largest) == "");
      }
  };
  check.operator()<two_heads>();
  check.operator()<of(AttentionForm::full, true, true)>();
  check.operator()<of(AttentionForm::wqk)>();
  check.operator()<of(AttentionForm::wqk_only, true)>();
  check.operator()<of(AttentionForm::symmetric, false, false, 2)>();
  check.operator()<of(AttentionForm::symmetric_tt)>();
  check.operator()<of(AttentionForm::symmetric_tt_only, true)>();
}

TEST_CASE("any number of threads gives the same bits") {
  const auto check = []<SelfAttentionOptions Options>() {
    using L = Layer<17, 12, Options>;
    LayerRun<L, float> one(20, 1), many(20, 3);
    LayerRun<L, double> judge(20);
    const auto run = [](auto& layer) {
      layer.draw();
      layer.forward();
      layer.backward();
    };
    run(one);
    run(many);
    run(judge);  // bits of what is right
    CHECK(difference(one.y.span(), judge.y.span(), 1e-5) == "");
    CHECK(difference(one.dx.span(), judge.dx.span(), 1e-4) == "");
    CHECK(difference(one.gradients, judge.gradients, 1e-4) == "");
    CHECK(std::ranges::equal(one.y.span(), many.y.span()));
    CHECK(std::ranges::equal(one.dx.span(), many.dx.span()));
    CHECK(one.gradients == many.gradients);
  };
  check.operator()<of(AttentionForm::full, false, false, 3)>();
  check.operator()<of(AttentionForm::wqk_only)>();
  check.operator()<of(AttentionForm::symmetric_tt)>();
}
