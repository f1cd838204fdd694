// SPDX-License-Identifier: MIT
// The attention of a batch of sequences on the GPU, forward and backward, at the pace of measure.py: pace.hpp. Queries,
// keys and values are given, [SAMPLES, L, 256] each: no projections. The loss is the mean square of outputs and gradients,
// which torch_attention.py must come to too.
//
// usage: gpu_attention FORM L SAMPLES
//        FORM: ea2, ea6, ea6-causal: element-wise attention, series of that order; self, self-causal: dot-product
//        attention of 4 heads

#include <odot/gpu.hpp>

#include <cuda_runtime_api.h>
#include <thrust/functional.h>
#include <thrust/transform_reduce.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "pace.hpp"

using namespace odot;

namespace {

constexpr std::size_t features = 256, heads = 4;

/// Numbers from −1 to 1 that torch_forms.py makes too; 65521 is prime, so that no token is like another.
void fill(float* target, std::size_t count, std::uint64_t first) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>((first + i) * 40503 % 65521) / 32760.5f - 1.0f;
  Gpu::copy_from_host(target, values.data(), count * sizeof(float));
}

/// All bits set: NaN.
void poison(float* target, std::size_t count) {
  nvidia::check(cudaMemsetAsync(target, 0xff, count * sizeof(float), nvidia::stream()), "filling memory with NaN");
}

/// Of numbers: the sum of their squares, and the largest without its sign.
struct Size {
  double squares = 0, largest = 0;
};
struct SizeOf {
  ODOT_HOST_DEVICE Size operator()(float x) const {
    return {static_cast<double>(x) * static_cast<double>(x), std::abs(static_cast<double>(x))};
  }
};
struct SizeOfBoth {
  ODOT_HOST_DEVICE Size operator()(const Size& a, const Size& b) const {
    return {a.squares + b.squares, a.largest > b.largest ? a.largest : b.largest};  // the squares tell of a NaN
  }
};
Size size_of(const float* values, std::size_t count) {
  return thrust::transform_reduce(thrust::cuda::par.on(nvidia::stream()), values, values + count, SizeOf{}, Size{},
                                  SizeOfBoth{});
}

/// The memory of a call: queries, keys and values side by side in each token.
template <std::size_t L>
struct Arrays {
  Arrays(std::size_t samples, std::size_t cache_size)
      : qkv(samples), dqkv(samples), y(samples), dy(samples), cache(cache_size) {
    fill(qkv.data(), qkv.size(), 0);
    fill(dy.data(), dy.size(), qkv.size());
  }
  void poison_results() {
    poison(y.data(), y.size());
    poison(dqkv.data(), dqkv.size());
  }
  benchmarks::Outcome outcome() const {
    const Size outputs = size_of(y.data(), y.size()), gradients = size_of(dqkv.data(), dqkv.size());
    return {(outputs.squares + gradients.squares) / static_cast<double>(y.size() + dqkv.size()), gradients.largest};
  }

  Workspace<Gpu> workspace;
  Batch<Shape<L, 3 * features>, float, Gpu> qkv, dqkv;
  Batch<Shape<L, features>, float, Gpu> y, dy;
  Buffer<float, Gpu> cache;
};

template <std::size_t L, std::size_t Order, bool Causal>
struct ElementWise : Arrays<L> {
  static constexpr kernels::ElementWiseForm form{.order = Order, .causal = Causal};

  explicit ElementWise(std::size_t samples)
      : Arrays<L>(samples, kernels::element_wise_attention_cache(form, samples, L, features)) {}

  void run() {
    using Kernel = kernels::ElementWiseAttention<Gpu>;
    const BatchView<Shape<L, 3 * features>, const float, Gpu> in = this->qkv;
    const BatchView<Shape<L, features>, const float, Gpu> out = this->y, gradient = this->dy;
    const float* kept = this->cache.data();
    Kernel::template forward_training<form>(this->workspace, in, nullptr, this->cache.data(), this->y.view());
    Kernel::template backward<form>(this->workspace, in, nullptr, kept, out, gradient, this->dqkv.view());
  }
};

template <std::size_t L, bool Causal>
struct DotProduct : Arrays<L> {
  static constexpr std::size_t width = features / heads;
  static constexpr kernels::DotProductGeometry geometry{.tokens = L,
                                                        .heads = heads,
                                                        .width = width,
                                                        .value_width = width,
                                                        .causal = Causal,
                                                        .scale = 0.125};  // 1 / sqrt(width)

  explicit DotProduct(std::size_t samples) : Arrays<L>(samples, 2 * samples * heads * L) {}

  template <class T>
  static kernels::TokenArray<T> part(T* tokens, std::size_t number) {
    return {tokens + number * features, 3 * features};
  }
  void run() {
    using Kernel = kernels::DotProductAttention<Gpu>;
    const std::size_t samples = this->qkv.samples();
    const float* in = this->qkv.data();
    float* gradient = this->dqkv.data();
    const kernels::TokenArray<float> out{this->y.data(), features};
    Kernel::template forward<float>(this->workspace, geometry, samples, part(in, 0), part(in, 1), part(in, 2), nullptr,
                                    out, this->cache.data());
    Kernel::template backward<float>(this->workspace, geometry, samples, part(in, 0), part(in, 1), part(in, 2), nullptr,
                                     out, this->cache.data(), {this->dy.data(), features}, part(gradient, 0),
                                     part(gradient, 1), part(gradient, 2));
  }
};

/// Forward and backward as one CUDA graph, as in a training step.
template <class Work>
int serve(std::size_t samples) {
  Work work(samples);
  StepGraph<Gpu> graph;
  return benchmarks::serve(
      0, Gpu::description(), [&] { work.poison_results(); }, [&] { graph.run(samples, [&] { work.run(); }); },
      [&] { return work.outcome(); });
}

template <std::size_t L>
using Ea2 = ElementWise<L, 2, false>;
template <std::size_t L>
using Ea6 = ElementWise<L, 6, false>;
template <std::size_t L>
using Ea6Causal = ElementWise<L, 6, true>;
template <std::size_t L>
using Self = DotProduct<L, false>;
template <std::size_t L>
using SelfCausal = DotProduct<L, true>;

template <template <std::size_t> class Work>
int choose_length(long long length, std::size_t samples) {
  switch (length) {
    case 256:
      return serve<Work<256>>(samples);
    case 512:
      return serve<Work<512>>(samples);
    case 1024:
      return serve<Work<1024>>(samples);
    case 2048:
      return serve<Work<2048>>(samples);
    case 4096:
      return serve<Work<4096>>(samples);
    case 8192:
      return serve<Work<8192>>(samples);
    case 16384:
      return serve<Work<16384>>(samples);
    default:
      std::fprintf(stderr, "gpu_attention: L must be a power of two from 256 to 16384, found %lld\n", length);
      return 2;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string form = argc == 4 ? argv[1] : "";
  const long long length = argc == 4 ? std::atoll(argv[2]) : 0, batch = argc == 4 ? std::atoll(argv[3]) : 0;
  const auto samples = static_cast<std::size_t>(batch);
  try {
    if (batch >= 1) {
      if (form == "ea2") return choose_length<Ea2>(length, samples);
      if (form == "ea6") return choose_length<Ea6>(length, samples);
      if (form == "ea6-causal") return choose_length<Ea6Causal>(length, samples);
      if (form == "self") return choose_length<Self>(length, samples);
      if (form == "self-causal") return choose_length<SelfCausal>(length, samples);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: gpu_attention ea2|ea6|ea6-causal|self|self-causal L SAMPLES\n");
  return 2;
}
