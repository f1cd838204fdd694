// SPDX-License-Identifier: MIT
// Small ops that are maps: GELU, a sum, dropout, a step of gradient descent.

#include <cmath>
#include <cstdint>

#include "odot/odot.hpp"
#include "support/op_case.hpp"

using namespace odot;
using benchmarks::add_op;
using benchmarks::Case;
using benchmarks::Memory;
using benchmarks::numbers;

namespace {

template <class S>
void add_maps() {
  using Sh = Shape<16, 64>;
  add_op<S>("gelu/forward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 1024, -4), y = numbers<S>(memory, n * 1024);
    return Case<S>{[=, &w] { kernels::GELU<Cpu>::forward<Sh, S>(w, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < x.size(); ++i)
                       y[i] = x[i] * S(0.5) * (1 + std::erf(x[i] / std::sqrt(S{2})));
                   },
                   y};
  });
  add_op<S>("gelu/backward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 1024, -4), dy = numbers<S>(memory, n * 1024),
               dx = numbers<S>(memory, n * 1024);
    return Case<S>{[=, &w] { kernels::GELU<Cpu>::backward<Sh, S>(w, {x.data(), n}, {dy.data(), n}, {dx.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < x.size(); ++i)
                       dx[i] = dy[i] * (S(0.5) * (1 + std::erf(x[i] / std::sqrt(S{2}))) +
                                        x[i] * std::exp(-x[i] * x[i] / 2) / std::sqrt(S(2 * 3.14159265358979)));
                   },
                   dx};
  });
  add_op<S>("add/forward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto a = numbers<S>(memory, n * 1024), b = numbers<S>(memory, n * 1024), c = numbers<S>(memory, n * 1024);
    return Case<S>{[=, &w] { kernels::Add<Cpu>::forward<Sh, S>(w, {a.data(), n}, {b.data(), n}, {c.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < a.size(); ++i) c[i] = a[i] + b[i];
                   },
                   c};
  });
  add_op<S>("dropout/forward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 1024), y = numbers<S>(memory, n * 1024);
    const kernels::DropoutMask mask{Random(Seed{1}, 3), 0.5, 0};
    return Case<S>{[=, &w] { kernels::Dropout<Cpu>::forward<Sh, S>(w, mask, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     const auto pairs = [&](std::size_t i) { return mask.random.bits(i / 2); };
                     for (std::size_t i = 0; i < x.size(); ++i) {
                       const auto word = static_cast<std::uint32_t>(i % 2 ? pairs(i) : pairs(i) >> 32);
                       y[i] = word >= mask.threshold() ? 2 * x[i] : S{0};
                     }
                   },
                   y};
  });
  add_op<S>("sgd/update", "33084", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
    const auto g = numbers<S>(memory, 33'084), p = numbers<S>(memory, 33'084), u = numbers<S>(memory, 33'084);
    return Case<S>{[=, &w] { kernels::SGD<Cpu>::update<S>(w, {.learning_rate = 1e-3, .momentum = 0}, g, p, u); },
                   [=] {
                     for (std::size_t i = 0; i < g.size(); ++i) p[i] -= S(1e-3) * (u[i] = g[i]);
                   },
                   p};
  });
}

const bool registered = benchmarks::register_scalars([]<class S>(S) { add_maps<S>(); });

}  // namespace
