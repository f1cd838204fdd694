// SPDX-License-Identifier: MIT
// The attention-wise block: attention_block/<pass>/<device>/float/<heads>x<shape>/<samples>. Exponentials/s and FLOP/s
// are those of the definition: a map element and pass two exponentials, about 15 operations, and the convolution.

#include <algorithm>
#include <cmath>

#include "odot/core/tensor.hpp"
#include "odot/kernels/attention_block/cpu/attention_block.hpp"
#include "odot/kernels/attention_heads/cpu/attention_heads.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

using kernels::HeadNorm;
using Kernel = kernels::AttentionBlock<Cpu>;
constexpr kernels::NormConstants constants{};

template <class T>
std::span<float> all(T& tensor) {
  return {tensor.data(), T::size()};
}

template <class G>
struct Work {
  using Image = typename G::image;
  using Maps = Shape<G::maps, G::H, G::W>;
  using Array = Tensor<Shape<G::heads, G::C, G::H, G::W>>;

  explicit Work(std::size_t samples)
      : x(samples), y(samples), dy(samples), dx(samples),
        cache(kernels::attention_block_cache<Image, G::heads>(samples)) {
    benchmarks::fill_uniform(x.span(), 1, 0, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
    benchmarks::fill_uniform(all(weight_x), 3, -0.25, 0.25);
    benchmarks::fill_uniform(all(weight_y), 4, -0.25, 0.25);
    benchmarks::fill_uniform(all(conv_weight), 5, -0.1, 0.1);
    std::fill_n(var.data(), G::maps, 1.0f);
  }

  void forward_training() {
    Kernel::forward_training<G, float>(workspace, constants, x, weights(), mean, var, cache.data(), y);
  }
  void forward_evaluation() { Kernel::forward_evaluation<G, float>(workspace, constants, x, weights(), mean, var, y); }
  void backward() {
    const kernels::BlockWeights<float, G, Cpu> gradients{
        {dweight_x.view(), dweight_y.view(), {}, {}, {}, {}}, dconv_weight.view(), dconv_bias.view()};
    Kernel::backward<G, float>(workspace, x, weights(), cache.data(), y, dy, gradients, dx);
  }

  /// Heads from their own kernel, then convolution, skip connection and ReLU as they are defined.
  void composed_forward() {
    Batch<Maps> heads(x.samples());
    kernels::AttentionHeads<Cpu>::forward_training<HeadNorm::plain, float, Image, G::heads, Maps>(
        workspace, constants, x, weights().heads, mean, var, cache.data(), heads);
    const auto inside = [](std::size_t i, std::size_t extent) { return i >= 1 && i <= extent; };
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t o = 0; o < G::C; ++o)
        for (std::size_t i = 0; i < G::H; ++i)
          for (std::size_t j = 0; j < G::W; ++j) {
            float sum = x[n](o, i, j) + conv_bias(o);
            for (std::size_t m = 0; m < G::maps; ++m)
              for (std::size_t u = 0; u < 3; ++u)
                for (std::size_t v = 0; v < 3; ++v)
                  if (inside(i + u, G::H) && inside(j + v, G::W))
                    sum += conv_weight(o, m, u, v) * heads[n](m, i + u - 1, j + v - 1);
            y[n](o, i, j) = std::max(sum, 0.0f);
          }
  }

  bool is_right() {
    composed_forward();
    const std::vector<float> expected(y.span().begin(), y.span().end());
    forward_training();
    if (!benchmarks::all_close(y.span(), expected)) return false;
    backward();
    const auto loss = [&] {
      forward_training();
      return benchmarks::dot(y.span(), dy.span());
    };
    const bool right = benchmarks::gradient_fits(x.span(), dx.span(), loss) &&
                       benchmarks::gradient_fits(all(weight_x), all(dweight_x), loss) &&
                       benchmarks::gradient_fits(all(weight_y), all(dweight_y), loss) &&
                       benchmarks::gradient_fits(all(conv_weight), all(dconv_weight), loss);
    loss();  // for backward: the cache of these parameters
    return right;
  }

  kernels::BlockWeights<const float, G, Cpu> weights() const {
    return {{weight_x.view(), weight_y.view(), {}, {}, {}, {}}, conv_weight.view(), conv_bias.view()};
  }

  Workspace<> workspace;
  Batch<Image> x, y, dy, dx;
  Buffer<float, Cpu> cache;
  Array weight_x, weight_y, dweight_x, dweight_y;
  Tensor<typename G::conv_weight> conv_weight, dconv_weight;
  Tensor<typename G::conv_bias> conv_bias, dconv_bias;
  Tensor<Shape<G::maps>> mean, var;
};

/// `convolutions`: as much arithmetic as so many convolutions; `images`: arrays of the batch's size read or written.
template <class G, class Call>
void add(const std::string& pass, const std::string& shape, std::size_t samples, double convolutions, double images,
         Call call) {
  benchmarks::add("attention_block/" + pass + "/float/" + shape, samples, [=](benchmark::State& state, std::size_t n) {
    Work<G> work(n);
    const auto elements = static_cast<double>(n * G::maps * G::H * G::W);
    benchmarks::run(state, work.is_right(),
                    {.flop = elements * (15 + convolutions * 18 * static_cast<double>(G::C)),
                     .bytes = images * benchmarks::float_bytes(work.x.size()),
                     .exponentials = 2 * elements},
                    [&] { call(work); });
  });
}

template <ShapeType Image>
void add_all(const std::string& shape, std::size_t samples) {
  using G = kernels::AttentionGeometry<Image, 8, HeadNorm::plain, true, true>;
  add<G>("forward_training/cpu", shape, samples, 1, 2, [](Work<G>& work) { work.forward_training(); });
  add<G>("forward_training/composed", shape, samples, 1, 2, [](Work<G>& work) { work.composed_forward(); });
  add<G>("forward_evaluation/cpu", shape, samples, 1, 2, [](Work<G>& work) { work.forward_evaluation(); });
  add<G>("backward/cpu", shape, samples, 2, 4, [](Work<G>& work) { work.backward(); });
}

const bool registered = [] {
  add_all<Shape<1, 28, 28>>("8x1x28x28", 512);
  add_all<Shape<3, 32, 32>>("8x3x32x32", 64);
  return true;
}();

}  // namespace
