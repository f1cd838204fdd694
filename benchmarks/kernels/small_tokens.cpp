// SPDX-License-Identifier: MIT
// Small ops of sequences of tokens: their mean, one of them, one more, positions; and the triangle of a weight.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "odot/odot.hpp"
#include "support/op_case.hpp"

using namespace odot;
using benchmarks::add_op;
using benchmarks::Case;
using benchmarks::Memory;
using benchmarks::numbers;

namespace {

template <class S>
void add_tokens() {
  static constexpr std::size_t L = 64, D = 64;
  using Sh = Shape<L, D>;
  const std::string shape = "64x64";
  const auto lengths = [](std::size_t n) { return std::make_shared<std::vector<std::int32_t>>(n, 40); };
  add_op<S>("mean_tokens/forward", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * L * D), y = numbers<S>(memory, n * D);
    const auto valid = lengths(n);
    return Case<S>{
        [=, &w] { kernels::MeanTokens<Cpu>::forward<S, L, D>(w, {x.data(), n}, valid->data(), {y.data(), n}); },
        [=] {
          for (std::size_t s = 0; s < n; ++s)
            for (std::size_t d = 0; d < D; ++d) {
              S sum = 0;
              for (std::size_t l = 0; l < 40; ++l) sum += x[(s * L + l) * D + d];
              y[s * D + d] = sum / 40;
            }
        },
        y};
  });
  add_op<S>("mean_tokens/backward", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto dy = numbers<S>(memory, n * D), dx = numbers<S>(memory, n * L * D);
    const auto valid = lengths(n);
    return Case<S>{
        [=, &w] { kernels::MeanTokens<Cpu>::backward<S, L, D>(w, {dy.data(), n}, valid->data(), {dx.data(), n}); },
        [=] {
          for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = i / D % L < 40 ? dy[i / (L * D) * D + i % D] / 40 : S{0};
        },
        dx};
  });
  add_op<S>("select_token/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * L * D), y = numbers<S>(memory, n * D);
    return Case<S>{
        [=, &w] { kernels::SelectToken<Cpu>::forward<S, L, D>(w, {x.data(), n}, 3, nullptr, {y.data(), n}); },
        [=] {
          for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[(i / D * L + 3) * D + i % D];
        },
        y};
  });
  add_op<S>("select_token/backward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto dy = numbers<S>(memory, n * D), dx = numbers<S>(memory, n * L * D);
    return Case<S>{
        [=, &w] { kernels::SelectToken<Cpu>::backward<S, L, D>(w, {dy.data(), n}, 3, nullptr, {dx.data(), n}); },
        [=] {
          for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = i / D % L == 3 ? dy[i / (L * D) * D + i % D] : S{0};
        },
        dx};
  });
  add_op<S>("class_token/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * L * D), token = numbers<S>(memory, D),
               y = numbers<S>(memory, n * (L + 1) * D);
    return Case<S>{[=, &w] {
                     kernels::ClassToken<Cpu>::forward<S, L, D, L + 1>(
                         w, {x.data(), n}, TensorView<Shape<D>, const S>(token.data()), {y.data(), n});
                   },
                   [=] {
                     for (std::size_t s = 0; s < n; ++s) {
                       std::copy_n(token.data(), D, y.data() + s * (L + 1) * D);
                       std::copy_n(x.data() + s * L * D, L * D, y.data() + (s * (L + 1) + 1) * D);
                     }
                   },
                   y};
  });
  add_op<S>("class_token/backward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto dy = numbers<S>(memory, n * (L + 1) * D), dtoken = numbers<S>(memory, D),
               dx = numbers<S>(memory, n * L * D);
    return Case<S>{[=, &w] {
                     kernels::ClassToken<Cpu>::backward<S, L, D, L + 1>(
                         w, {dy.data(), n}, TensorView<Shape<D>, S>(dtoken.data()), {dx.data(), n});
                   },
                   [=] {
                     for (std::size_t s = 0; s < n; ++s) {
                       for (std::size_t d = 0; d < D; ++d) dtoken[d] += dy[s * (L + 1) * D + d];
                       std::copy_n(dy.data() + (s * (L + 1) + 1) * D, L * D, dx.data() + s * L * D);
                     }
                   },
                   dx};
  });
  add_op<S>("position_embedding/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * L * D), weight = numbers<S>(memory, L * D), y = numbers<S>(memory, n * L * D);
    return Case<S>{[=, &w] {
                     kernels::PositionEmbedding<Cpu>::forward<Sh, S>(
                         w, {x.data(), n}, TensorView<Sh, const S>(weight.data()), {y.data(), n});
                   },
                   [=] {
                     for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] + weight[i % (L * D)];
                   },
                   y};
  });
  add_op<S>("position_embedding/backward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto dy = numbers<S>(memory, n * L * D), dweight = numbers<S>(memory, L * D);
    return Case<S>{[=, &w] {
                     kernels::PositionEmbedding<Cpu>::backward<Sh, S>(w, {dy.data(), n},
                                                                      TensorView<Sh, S>(dweight.data()));
                   },
                   [=] {
                     for (std::size_t i = 0; i < dy.size(); ++i) dweight[i % (L * D)] += dy[i];
                   },
                   dweight};
  });
  add_op<S>("sinusoidal_position/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * L * D), y = numbers<S>(memory, n * L * D);
    return Case<S>{[=, &w] { kernels::SinusoidalPosition<Cpu>::forward<S, L, D>(w, 0, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < x.size(); ++i) {
                       const double angle =
                           static_cast<double>(i / D % L) * std::pow(1e4, -static_cast<double>(i % D / 2 * 2) / D);
                       y[i] = x[i] + static_cast<S>(i % 2 ? std::cos(angle) : std::sin(angle));
                     }
                   },
                   y};
  });
  add_op<S>("triangle/unpack", "64", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
    const auto packed = numbers<S>(memory, D * (D + 1) / 2), transposed = numbers<S>(memory, D * D);
    return Case<S>{[=, &w] {
                     kernels::Triangle<Cpu>::unpack<S, D>(w, TensorView<Shape<D*(D + 1) / 2>, const S>(packed.data()),
                                                          TensorView<Shape<D, D>, S>(transposed.data()));
                   },
                   [=] {
                     for (std::size_t i = 0; i < D; ++i)
                       for (std::size_t j = 0; j < D; ++j)
                         transposed[j * D + i] = j <= i ? packed[i * (i + 1) / 2 + j] : S{0};
                   },
                   transposed};
  });
  add_op<S>("triangle/backward", "64", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
    const auto dtransposed = numbers<S>(memory, D * D), dpacked = numbers<S>(memory, D * (D + 1) / 2);
    return Case<S>{[=, &w] {
                     kernels::Triangle<Cpu>::backward<S, D>(w, TensorView<Shape<D, D>, const S>(dtransposed.data()),
                                                            TensorView<Shape<D*(D + 1) / 2>, S>(dpacked.data()));
                   },
                   [=] {
                     for (std::size_t i = 0; i < D; ++i)
                       for (std::size_t j = 0; j <= i; ++j) dpacked[i * (i + 1) / 2 + j] += dtransposed[j * D + i];
                   },
                   dpacked};
  });
}

const bool registered = benchmarks::register_scalars([]<class S>(S) { add_tokens<S>(); });

}  // namespace
