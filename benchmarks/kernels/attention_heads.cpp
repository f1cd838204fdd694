// SPDX-License-Identifier: MIT
// The heads of an attention-wise layer: attention_heads/<pass>/<device>/float/<heads>x<shape>/<samples>. Exponentials/s
// and FLOP/s are those of the definition, two exponentials and about 15 operations a map element.

#include <algorithm>
#include <cmath>

#include "odot/core/tensor.hpp"
#include "odot/kernels/attention_heads/cpu/attention_heads.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

using kernels::HeadNorm;
using Kernel = kernels::AttentionHeads<Cpu>;
constexpr std::size_t heads = 8, H = 28, W = 28, plane = H * W;
using Image = Shape<1, H, W>;
using Maps = Shape<heads, H, W>;
constexpr kernels::NormConstants constants{};

struct Work {
  using Array = Tensor<Shape<heads, 1, H, W>>;

  explicit Work(std::size_t samples)
      : x(samples), dx(samples), y(samples), dy(samples), cache(kernels::attention_heads_cache<Image, heads>(samples)) {
    benchmarks::fill_uniform(x.span(), 1, 0, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
    benchmarks::fill_uniform(std::span<float>(weight_x.data(), Array::size()), 3, -1, 1);
    benchmarks::fill_uniform(std::span<float>(weight_y.data(), Array::size()), 4, -1, 1);
    std::fill_n(var.data(), heads, 1.0f);
  }

  void forward_training() {
    Kernel::forward_training<HeadNorm::plain, float, Image, heads, Maps>(workspace, constants, x, weights(), mean, var,
                                                                         cache.data(), y);
  }
  void forward_evaluation() {
    Kernel::forward_evaluation<HeadNorm::plain, float, Image, heads, Maps>(workspace, constants, x, weights(), mean,
                                                                           var, y);
  }
  void backward() {
    Kernel::backward<HeadNorm::plain, float, Image, heads, Maps>(
        workspace, x, weights(), cache.data(), dy, {dweight_x.view(), dweight_y.view(), {}, {}, {}, {}}, dx);
  }

  /// One head of one sample, A = softmax over W of (x ⊙ Wx) ⊙ softmax over H of (x ⊙ Wy), into `a`.
  void naive_map(std::size_t n, std::size_t h, float* a) {
    float rows[H] = {}, columns[W] = {};
    const auto exp_x = [&](std::size_t i, std::size_t j) { return std::exp(x[n](0, i, j) * weight_x(h, 0, i, j)); };
    const auto exp_y = [&](std::size_t i, std::size_t j) { return std::exp(x[n](0, i, j) * weight_y(h, 0, i, j)); };
    for (std::size_t i = 0; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) {
        const float ex = exp_x(i, j), ey = exp_y(i, j);
        a[i * W + j] = ex * ey;
        rows[i] += ex;
        columns[j] += ey;
      }
    for (std::size_t i = 0; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) a[i * W + j] /= rows[i] * columns[j];
  }
  void naive_forward_training() {
    const auto elements = static_cast<double>(x.samples() * plane);
    for (std::size_t h = 0; h < heads; ++h) {
      double sum = 0, squares = 0;
      for (std::size_t n = 0; n < x.samples(); ++n) {
        float* a = &y[n](h, 0, 0);
        naive_map(n, h, a);
        for (std::size_t i = 0; i < plane; ++i) {
          sum += static_cast<double>(a[i]);
          squares += static_cast<double>(a[i]) * static_cast<double>(a[i]);
        }
      }
      const double average = sum / elements;
      const double rstd = 1 / std::sqrt(squares / elements - average * average + constants.eps);
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < plane; ++i) {
          float& a = y[n][h * plane + i];
          a = static_cast<float>((static_cast<double>(a) - average) * rstd) * x[n][i];
        }
    }
  }

  bool is_right() {
    naive_forward_training();
    const std::vector<float> expected(y.span().begin(), y.span().end());
    forward_training();
    if (!benchmarks::all_close(y.span(), expected)) return false;
    backward();
    const auto loss = [&] {
      forward_training();
      return benchmarks::dot(y.span(), dy.span());
    };
    const bool right =
        benchmarks::gradient_fits(x.span(), dx.span(), loss) &&
        benchmarks::gradient_fits({weight_x.data(), Array::size()}, {dweight_x.data(), Array::size()}, loss) &&
        benchmarks::gradient_fits({weight_y.data(), Array::size()}, {dweight_y.data(), Array::size()}, loss);
    loss();  // for backward: the cache of these parameters
    return right;
  }

  kernels::HeadWeights<const float, Image, heads, Cpu> weights() const {
    return {weight_x.view(), weight_y.view(), {}, {}, {}, {}};
  }

  Workspace<> workspace;
  Batch<Image> x, dx;
  Batch<Maps> y, dy;
  Buffer<float, Cpu> cache;
  Array weight_x, weight_y, dweight_x, dweight_y;
  Tensor<Shape<heads>> mean, var;
};

/// `images`, `maps`: arrays read or written that are as large as the images, as the maps.
template <class Call>
void add(const std::string& pass, double images, double maps, Call call) {
  benchmarks::add("attention_heads/" + pass + "/float/8x1x28x28", 512, [=](benchmark::State& state, std::size_t n) {
    Work work(n);
    const auto elements = static_cast<double>(work.y.size());
    benchmarks::run(
        state, work.is_right(),
        {.flop = 15 * elements,
         .bytes = images * benchmarks::float_bytes(work.x.size()) + maps * benchmarks::float_bytes(elements),
         .exponentials = 2 * elements},
        [&] { call(work); });
  });
}

const bool registered = [] {
  add("forward_training/cpu", 1, 1, [](Work& work) { work.forward_training(); });
  add("forward_training/naive", 1, 1, [](Work& work) { work.naive_forward_training(); });
  add("forward_evaluation/cpu", 1, 1, [](Work& work) { work.forward_evaluation(); });
  add("backward/cpu", 2, 1, [](Work& work) { work.backward(); });
  return true;
}();

}  // namespace
