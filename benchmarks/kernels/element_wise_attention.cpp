// SPDX-License-Identifier: MIT
// Element-wise attention: element_wise_attention/<pass>/<device>/float/<form>-<tokens>x<channels>/<samples>.

#include <cmath>

#include "odot/core/tensor.hpp"
#include "odot/kernels/element_wise_attention/cpu/element_wise_attention.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

template <kernels::ElementWiseForm Form, std::size_t L, std::size_t D>
struct Work {
  using Kernel = kernels::ElementWiseAttention<Cpu>;

  explicit Work(std::size_t samples)
      : qkv(samples), dqkv(samples), y(samples), dy(samples),
        cache(kernels::element_wise_attention_cache(Form, samples, L, D) + 1) {
    benchmarks::fill_uniform(qkv.span(), 1, -1, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
  }

  BatchView<Shape<L, 3 * D>, const float> input() const { return qkv; }
  BatchView<Shape<L, D>, const float> output() const { return y; }
  BatchView<Shape<L, D>, const float> output_gradient() const { return dy; }

  void forward() { Kernel::forward_training<Form>(workspace, input(), nullptr, cache.data(), y.view()); }
  void predict() { Kernel::forward_evaluation<Form>(workspace, input(), nullptr, y.view()); }
  void backward() {
    const float* kept = cache.data();
    Kernel::backward<Form>(workspace, input(), nullptr, kept, output(), output_gradient(), dqkv.view());
  }

  /// One output by its definition.
  double naive(std::size_t n, std::size_t i, std::size_t c) const {
    const auto at = [&](std::size_t token, std::size_t part) {
      return static_cast<double>(qkv[n](token, part * D + c));
    };
    const double q = at(i, 0);
    double sum = 0, weighted = 0;
    for (std::size_t j = 0; j < (Form.causal ? i + 1 : L); ++j) {
      const double k = at(j, 1);
      double weight = 0, term = 1;
      for (std::size_t order = 0; order <= Form.order; term *= 2 * q * k / static_cast<double>(++order)) weight += term;
      weight = Form.is_series() ? weight * std::exp(-k * k) : std::exp(-(q - k) * (q - k));
      sum += weight;
      weighted += weight * at(j, 2);
    }
    return weighted / sum;
  }
  bool forward_is_right() {
    forward();
    std::vector<float> found, expected;
    for (std::size_t i = 0; i < 16; ++i) {
      const std::size_t n = i % y.samples(), token = i * (L - 1) / 15, c = i * 37 % D;
      found.push_back(y[n](token, c));
      expected.push_back(static_cast<float>(naive(n, token, c)));
    }
    return benchmarks::all_close(found, expected);
  }
  bool backward_is_right() {
    forward();
    backward();
    const bool right = benchmarks::gradient_fits(qkv.span(), dqkv.span(), [&] {
      forward();
      return benchmarks::dot(y.span(), dy.span());
    });
    forward();
    return right;
  }
  benchmarks::Cost cost(double arrays) const {
    const double elements = static_cast<double>(y.size());
    const double pairs = Form.is_series() ? 1 : Form.causal ? (L + 1) / 2.0 : L;
    return {.bytes = arrays * benchmarks::float_bytes(y.size()), .exponentials = elements * pairs};
  }

  Workspace<> workspace;
  Batch<Shape<L, 3 * D>> qkv, dqkv;
  Batch<Shape<L, D>> y, dy;
  std::vector<float> cache;
};

template <kernels::ElementWiseForm Form, std::size_t L>
void add() {
  constexpr std::size_t D = 64;
  using W = Work<Form, L, D>;
  const std::string form = Form.is_series() ? "series" + std::to_string(Form.order) : "full";
  const std::string shape =
      "/cpu/float/" + form + (Form.causal ? "causal-" : "-") + std::to_string(L) + "x" + std::to_string(D);
  const auto add_pass = [&](const std::string& pass, double arrays, auto is_right, auto call) {
    benchmarks::add("element_wise_attention/" + pass + shape, 4096 / L, [=](benchmark::State& state, std::size_t n) {
      W work(n);
      benchmarks::run(state, is_right(work), work.cost(arrays), [&] { call(work); });
    });
  };
  const auto forward_is_right = [](W& work) { return work.forward_is_right(); };
  add_pass("predict", 4, forward_is_right, [](W& work) { work.predict(); });
  add_pass("forward", 4, forward_is_right, [](W& work) { work.forward(); });
  add_pass("backward", 8, [](W& work) { return work.backward_is_right(); }, [](W& work) { work.backward(); });
}

template <kernels::ElementWiseForm Form>
void add_lengths() {
  add<Form, 256>();
  add<Form, 1024>();
  add<Form, 4096>();
}

const bool registered = [] {
  add_lengths<kernels::ElementWiseForm{.order = 2}>();
  add_lengths<kernels::ElementWiseForm{.order = 6}>();
  add_lengths<kernels::ElementWiseForm{.order = 6, .causal = true}>();
  add_lengths<kernels::ElementWiseForm{.order = 0}>();
  add_lengths<kernels::ElementWiseForm{.order = 0, .causal = true}>();
  return true;
}();

}  // namespace
