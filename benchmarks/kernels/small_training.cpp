// SPDX-License-Identifier: MIT
// Small ops after a model: the norm of a gradient, clipping, losses of regression.

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "odot/odot.hpp"
#include "support/op_case.hpp"

using namespace odot;
using benchmarks::add_op;
using benchmarks::Case;
using benchmarks::Memory;
using benchmarks::numbers;

namespace {

template <class S>
void add_training() {
  add_op<S>("gradient_norm/measure", "929510", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
    const auto g = numbers<S>(memory, 929'510), result = numbers<S>(memory, 1);
    const auto norm = std::make_shared<double>();
    return Case<S>{[=, &w] {
                     kernels::GradientNorm<Cpu>::measure<S>(w, g, norm.get());
                     result[0] = static_cast<S>(*norm);
                   },
                   [=] {
                     double sum = 0;
                     for (const S value : g) sum += static_cast<double>(value) * static_cast<double>(value);
                     result[0] = static_cast<S>(std::sqrt(sum));
                   },
                   result};
  });
  add_op<S>("gradient_norm/clip", "33084", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
    const auto start = numbers<S>(memory, 33'084), g = numbers<S>(memory, 33'084);
    const auto norm = std::make_shared<double>(2.0);
    return Case<S>{[=, &w] {
                     std::copy(start.begin(), start.end(), g.begin());
                     kernels::GradientNorm<Cpu>::clip<S>(w, 1, norm.get(), g);
                   },
                   [=] {
                     for (std::size_t i = 0; i < g.size(); ++i) g[i] = start[i] / 2;
                   },
                   g};
  });
  for (const auto deviation : {kernels::Deviation::squared, kernels::Deviation::absolute}) {
    const bool squared = deviation == kernels::Deviation::squared;
    add_op<S>(squared ? "squared_error/evaluate" : "absolute_error/evaluate", "96x7", 128,
              [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
                using Sh = Shape<96, 7>;
                const auto y = numbers<S>(memory, n * Sh::size), targets = numbers<S>(memory, n * Sh::size),
                           dy = numbers<S>(memory, n * Sh::size);
                const auto sums = std::make_shared<kernels::LossSums>();
                return Case<S>{[=, &w] {
                                 kernels::RegressionLoss<Cpu>::evaluate<Sh, S>(
                                     w, deviation, {y.data(), n}, std::span<const S>(targets), S{1} / static_cast<S>(n),
                                     {dy.data(), n}, sums.get());
                               },
                               [=] {
                                 const S scale = S{1} / static_cast<S>(n * Sh::size);
                                 for (std::size_t i = 0; i < y.size(); ++i) {
                                   const S d = y[i] - targets[i];
                                   sums->loss += static_cast<double>(squared ? d * d : std::abs(d));
                                   dy[i] = scale * (squared ? 2 * d : d > 0 ? S{1} : S{-1});
                                 }
                               },
                               dy};
              });
  }
}

const bool registered = benchmarks::register_scalars([]<class S>(S) { add_training<S>(); });

}  // namespace
