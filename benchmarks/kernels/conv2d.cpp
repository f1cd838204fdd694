// SPDX-License-Identifier: MIT
// The convolutions of the control model: conv2d/<pass>/<device>/float/<geometry>/<samples>. FLOP/s are those of the
// definition, 2·N·O·H'·W'·C·K², whatever the algorithm computes; so Winograd's may lie above the machine's peak.

#include <cmath>
#include <string>

#include "odot/core/tensor.hpp"
#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

using Kernel = kernels::Conv2d<Cpu>;

template <class G>
struct Work {
  explicit Work(std::size_t samples) : x(samples), dx(samples), y(samples), dy(samples) {
    benchmarks::fill_uniform(x.span(), 1, 0, 1);
    benchmarks::fill_uniform(dy.span(), 2, -1, 1);
    benchmarks::fill_uniform(std::span<float>(weight.data(), weight.size()), 3, -0.1, 0.1);
  }
  void forward() { Kernel::forward<G, float>(workspace, x, weight, bias, y); }
  void backward(bool with_input) {
    Kernel::backward<G, float>(workspace, x, weight, dy, dweight, dbias,
                               with_input ? dx.view() : BatchView<typename G::input, float>());
  }

  void naive_forward() {
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t o = 0; o < G::O; ++o)
        for (std::size_t i = 0; i < G::out_h; ++i)
          for (std::size_t j = 0; j < G::out_w; ++j) y[n](o, i, j) = static_cast<float>(output(n, o, i, j));
  }

  /// One output by the definition.
  double output(std::size_t n, std::size_t o, std::size_t i, std::size_t j) {
    double sum = static_cast<double>(bias(o));
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t u = 0; u < G::K; ++u)
        for (std::size_t v = 0; v < G::K; ++v) {
          const std::size_t row = i * G::stride + u - G::padding, column = j * G::stride + v - G::padding;  // may wrap
          if (row < G::H && column < G::W)
            sum += static_cast<double>(weight(o, c, u, v)) * static_cast<double>(x[n](c, row, column));
        }
    return sum;
  }

  /// Some outputs against the definition, the gradients against central differences.
  bool is_right() {
    forward();
    for (std::size_t o = 0; o < G::O; o += 7)
      for (const auto& [i, j] : {std::pair{std::size_t{0}, std::size_t{0}}, {G::out_h / 2, G::out_w - 1}})
        if (!(std::abs(output(x.samples() - 1, o, i, j) - static_cast<double>(y[x.samples() - 1](o, i, j))) < 1e-3))
          return false;
    backward(true);
    const auto loss = [&] {
      forward();
      return benchmarks::dot(y.span(), dy.span());
    };
    return benchmarks::gradient_fits(x.span(), dx.span(), loss) &&
           benchmarks::gradient_fits({weight.data(), weight.size()}, {dweight.data(), dweight.size()}, loss);
  }

  Workspace<> workspace;
  Batch<typename G::input> x, dx;
  Batch<typename G::output> y, dy;
  Tensor<typename G::weight> weight, dweight;
  Tensor<typename G::bias> bias, dbias;
};

/// `products`: passes of 2·N·O·H'·W'·C·K² FLOP.
template <class G, class Call>
void add_pass(const std::string& pass, const std::string& geometry, std::size_t samples, int products, Call call) {
  benchmarks::add("conv2d/" + pass + "/float/" + geometry, samples, [=](benchmark::State& state, std::size_t n) {
    Work<G> work(n);
    benchmarks::run(state, work.is_right(),
                    {.flop = 2.0 * products * static_cast<double>(work.y.size() * G::taps),
                     .bytes = products * benchmarks::float_bytes(work.x.size(), work.y.size(), work.weight.size())},
                    [&] { call(work); });
  });
}

template <class G>
void add(const std::string& geometry, std::size_t samples) {
  add_pass<G>("forward/cpu", geometry, samples, 1, [](Work<G>& work) { work.forward(); });
  add_pass<G>("forward/naive", geometry, 1, 1, [](Work<G>& work) { work.naive_forward(); });
  add_pass<G>("backward_weight/cpu", geometry, samples, 1, [](Work<G>& work) { work.backward(false); });
  add_pass<G>("backward/cpu", geometry, samples, 2, [](Work<G>& work) { work.backward(true); });
}

/// The passes of a single sample that predictions and gradients of inputs take.
template <class G>
void add_single(const std::string& geometry) {
  add_pass<G>("forward/cpu", geometry, 1, 1, [](Work<G>& work) { work.forward(); });
  add_pass<G>("backward/cpu", geometry, 1, 2, [](Work<G>& work) { work.backward(true); });
}

const bool registered = [] {
  using kernels::ConvGeometry;
  add<ConvGeometry<Shape<1, 28, 28>, 100, 3, 1, 1>>("1x28x28-100-3x3", 64);
  add<ConvGeometry<Shape<100, 28, 28>, 100, 3, 1, 1>>("100x28x28-100-3x3", 64);
  add<ConvGeometry<Shape<100, 28, 28>, 100, 2, 2, 0>>("100x28x28-100-2x2s2", 64);
  add<ConvGeometry<Shape<100, 14, 14>, 200, 3, 1, 1>>("100x14x14-200-3x3", 64);
  add<ConvGeometry<Shape<200, 14, 14>, 200, 3, 1, 1>>("200x14x14-200-3x3", 64);
  add<ConvGeometry<Shape<200, 14, 14>, 200, 2, 2, 0>>("200x14x14-200-2x2s2", 64);
  add_single<ConvGeometry<Shape<1, 28, 28>, 100, 3, 1, 1>>("1x28x28-100-3x3");
  add_single<ConvGeometry<Shape<100, 28, 28>, 100, 3, 1, 1>>("100x28x28-100-3x3");
  add_single<ConvGeometry<Shape<100, 28, 28>, 100, 2, 2, 0>>("100x28x28-100-2x2s2");
  add_single<ConvGeometry<Shape<100, 14, 14>, 200, 3, 1, 1>>("100x14x14-200-3x3");
  add_single<ConvGeometry<Shape<200, 14, 14>, 200, 3, 1, 1>>("200x14x14-200-3x3");
  add_single<ConvGeometry<Shape<200, 14, 14>, 200, 2, 2, 0>>("200x14x14-200-2x2s2");
  return true;
}();

}  // namespace
