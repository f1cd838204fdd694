// SPDX-License-Identifier: MIT
// The attention of one sequence, forward and backward, at the pace of a driver: pace.hpp. Queries, keys and values are
// given, [L, 256] each: no projections. All but the inputs is allocated in the first call.
//
// usage: odot_attention FORM L THREADS
//        FORM: ea2, ea6: element-wise attention, series of that order; self: dot-product attention of 4 heads

#include <odot/odot.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "pace.hpp"

using namespace odot;

namespace {

constexpr std::size_t features = 256, heads = 4;

/// Numbers from −1 to 1 that torch_forms.py makes too; 65521 is prime, so that no token is like another.
void fill(std::span<float> values, std::uint64_t first) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>((first + i) * 40503 % 65521) / 32760.5f - 1.0f;
}

double sum_of_squares(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum;
}

/// The memory of a call: queries, keys and values side by side in each token.
template <std::size_t L>
struct Arrays {
  explicit Arrays(int threads) : workspace(threads), qkv(1), dy(1) {
    fill(qkv.span(), 0);
    fill(dy.span(), qkv.size());
  }
  void allocate(std::size_t cache_size) {
    if (y.samples() == 1) return;
    y.resize(1);
    dqkv.resize(1);
    cache.resize(cache_size);
  }
  /// The mean square of outputs and gradients: both sides must come to the same.
  double mean_square() const {
    return (sum_of_squares(y.span()) + sum_of_squares(dqkv.span())) / static_cast<double>(y.size() + dqkv.size());
  }

  Workspace<> workspace;
  Batch<Shape<L, 3 * features>> qkv, dqkv;
  Batch<Shape<L, features>> y, dy;
  std::vector<float> cache;
};

template <std::size_t L, std::size_t Order>
struct ElementWise : Arrays<L> {
  using Arrays<L>::Arrays;
  static constexpr kernels::ElementWiseForm form{.order = Order};

  void run() {
    using Kernel = kernels::ElementWiseAttention<Cpu>;
    this->allocate(kernels::element_wise_attention_cache(form, 1, L, features));
    const BatchView<Shape<L, 3 * features>, const float> in = this->qkv;
    const BatchView<Shape<L, features>, const float> out = this->y, gradient = this->dy;
    const float* kept = this->cache.data();
    Kernel::forward_training<form>(this->workspace, in, nullptr, this->cache.data(), this->y.view());
    Kernel::backward<form>(this->workspace, in, nullptr, kept, out, gradient, this->dqkv.view());
  }
};

template <std::size_t L>
struct DotProduct : Arrays<L> {
  using Arrays<L>::Arrays;
  static constexpr std::size_t width = features / heads;
  static constexpr kernels::DotProductGeometry geometry{
      .tokens = L, .heads = heads, .width = width, .value_width = width, .scale = 0.125};  // 1 / sqrt(width)

  template <class T>
  static kernels::TokenArray<T> part(T* tokens, std::size_t number) {
    return {tokens + number * features, 3 * features};
  }
  void run() {
    using Kernel = kernels::DotProductAttention<Cpu>;
    this->allocate(2 * heads * L);
    const float* in = this->qkv.data();
    float* gradient = this->dqkv.data();
    const kernels::TokenArray<float> out{this->y.data(), features};
    Kernel::forward<float>(this->workspace, geometry, 1, part(in, 0), part(in, 1), part(in, 2), nullptr, out,
                           this->cache.data());
    Kernel::backward<float>(this->workspace, geometry, 1, part(in, 0), part(in, 1), part(in, 2), nullptr, out,
                            this->cache.data(), {this->dy.data(), features}, part(gradient, 0), part(gradient, 1),
                            part(gradient, 2));
  }
};

/// Answers the driver; a short call before, so that what is loaded and started once does not count.
template <template <std::size_t> class Work, std::size_t L>
int serve(int threads) {
  {
    Work<64> first(threads);
    first.run();
  }
  Work<L> work(threads);
  return benchmarks::serve(
      0, "odot " ODOT_VERSION_STRING ", " + benchmarks::compiler(), [&] { work.run(); },
      [&] { return work.mean_square(); });
}

template <std::size_t L>
using Ea2 = ElementWise<L, 2>;
template <std::size_t L>
using Ea6 = ElementWise<L, 6>;

template <template <std::size_t> class Work>
int choose_length(long long length, int threads) {
  switch (length) {
    case 256:
      return serve<Work, 256>(threads);
    case 512:
      return serve<Work, 512>(threads);
    case 1024:
      return serve<Work, 1024>(threads);
    case 2048:
      return serve<Work, 2048>(threads);
    case 4096:
      return serve<Work, 4096>(threads);
    case 8192:
      return serve<Work, 8192>(threads);
    case 16384:
      return serve<Work, 16384>(threads);
    default:
      std::fprintf(stderr, "odot_attention: L must be a power of two from 256 to 16384, found %lld\n", length);
      return 2;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string form = argc == 4 ? argv[1] : "";
  const long long length = argc == 4 ? std::atoll(argv[2]) : 0;
  const int threads = argc == 4 ? std::atoi(argv[3]) : 0;
  if (threads >= 1 && threads <= 1024) {
    if (form == "ea2") return choose_length<Ea2>(length, threads);
    if (form == "ea6") return choose_length<Ea6>(length, threads);
    if (form == "self") return choose_length<DotProduct>(length, threads);
  }
  std::fprintf(stderr, "usage: odot_attention ea2|ea6|self L THREADS\n");
  return 2;
}
