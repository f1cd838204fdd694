// SPDX-License-Identifier: MIT
// Small ops of rows: layer norm and log-softmax.

#include <cmath>
#include <string>

#include "odot/odot.hpp"
#include "support/op_case.hpp"

using namespace odot;
using benchmarks::add_op;
using benchmarks::Case;
using benchmarks::Memory;
using benchmarks::numbers;

namespace {

template <class S, std::size_t D>
void add_rows(std::size_t samples) {
  const std::string shape = std::to_string(D);
  add_op<S>("layer_norm/forward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * D), weight = numbers<S>(memory, D), bias = numbers<S>(memory, D),
               statistics = numbers<S>(memory, 2 * n), y = numbers<S>(memory, n * D);
    return Case<S>{[=, &w] {
                     kernels::LayerNorm<Cpu>::forward<S, D>(
                         w, 1e-5, {x.data(), n}, TensorView<Shape<D>, const S>(weight.data()),
                         TensorView<Shape<D>, const S>(bias.data()), {statistics.data(), n}, {y.data(), n});
                   },
                   [=] {
                     for (std::size_t r = 0; r < n; ++r) {
                       const S* row = x.data() + r * D;
                       double mean = 0, variance = 0;
                       for (std::size_t d = 0; d < D; ++d) mean += static_cast<double>(row[d]) / D;
                       for (std::size_t d = 0; d < D; ++d) variance += (row[d] - mean) * (row[d] - mean) / D;
                       for (std::size_t d = 0; d < D; ++d)
                         y[r * D + d] =
                             static_cast<S>((row[d] - mean) / std::sqrt(variance + 1e-5)) * weight[d] + bias[d];
                     }
                   },
                   y};
  });
  add_op<S>("layer_norm/backward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * D), weight = numbers<S>(memory, D), statistics = numbers<S>(memory, 2 * n),
               dy = numbers<S>(memory, n * D), dweight = numbers<S>(memory, D), dbias = numbers<S>(memory, D),
               dx = numbers<S>(memory, n * D);
    return Case<S>{
        [=, &w] {
          kernels::LayerNorm<Cpu>::backward<S, D>(
              w, {x.data(), n}, TensorView<Shape<D>, const S>(weight.data()), {statistics.data(), n}, {dy.data(), n},
              TensorView<Shape<D>, S>(dweight.data()), TensorView<Shape<D>, S>(dbias.data()), {dx.data(), n});
        },
        [=] {
          for (std::size_t r = 0; r < n; ++r) {
            const S mean = statistics[2 * r], rstd = statistics[2 * r + 1];
            double g = 0, product = 0;
            for (std::size_t d = 0; d < D; ++d) {
              const double normal = (x[r * D + d] - mean) * rstd, grad = dy[r * D + d] * weight[d];
              g += grad / D;
              product += grad * normal / D;
              dweight[d] += static_cast<S>(dy[r * D + d] * normal);
              dbias[d] += dy[r * D + d];
            }
            for (std::size_t d = 0; d < D; ++d)
              dx[r * D + d] =
                  static_cast<S>((dy[r * D + d] * weight[d] - g - (x[r * D + d] - mean) * rstd * product) * rstd);
          }
        },
        dx};
  });
  add_op<S>("log_softmax/forward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * D, -4), y = numbers<S>(memory, n * D);
    return Case<S>{[=, &w] { kernels::LogSoftmax<Cpu>::forward<S, D>(w, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     for (std::size_t r = 0; r < n; ++r) {
                       const S* row = x.data() + r * D;
                       S sum = 0;
                       for (std::size_t d = 0; d < D; ++d) sum += std::exp(row[d]);
                       for (std::size_t d = 0; d < D; ++d) y[r * D + d] = row[d] - std::log(sum);
                     }
                   },
                   y};
  });
  add_op<S>("log_softmax/backward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto y = numbers<S>(memory, n * D, -4), dy = numbers<S>(memory, n * D), dx = numbers<S>(memory, n * D);
    return Case<S>{
        [=, &w] { kernels::LogSoftmax<Cpu>::backward<S, D>(w, {y.data(), n}, {dy.data(), n}, {dx.data(), n}); },
        [=] {
          for (std::size_t r = 0; r < n; ++r) {
            S sum = 0;
            for (std::size_t d = 0; d < D; ++d) sum += dy[r * D + d];
            for (std::size_t d = 0; d < D; ++d) dx[r * D + d] = dy[r * D + d] - std::exp(y[r * D + d]) * sum;
          }
        },
        dx};
  });
}

const bool registered = benchmarks::register_scalars([]<class S>(S) {
  add_rows<S, 10>(4096);
  add_rows<S, 64>(1024);
  add_rows<S, 256>(256);
});

}  // namespace
