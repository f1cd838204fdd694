// SPDX-License-Identifier: MIT
// The ops that are maps or reductions and have no file of their own: <op>/<pass>/<device>/<scalar>/<shape>/<samples>.

#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

#include "odot/odot.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

using namespace odot;

namespace {

/// What is timed, what it should come to, and where both put it. Gradients are added to what lies there.
template <class S>
struct Case {
  std::function<void()> call, naive;
  std::span<S> result;

  bool is_right() const {
    const auto result_of = [&](const std::function<void()>& function) {
      std::fill(result.begin(), result.end(), S{0});
      function();
      return std::vector<float>(result.begin(), result.end());
    };
    const std::vector<float> found = result_of(call);
    return benchmarks::all_close(found, result_of(naive), 1e-5);
  }
};

template <class S>
using Memory = std::vector<Buffer<S, Cpu>>;

/// Random numbers that live as long as the case.
template <class S>
std::span<S> numbers(Memory<S>& memory, std::size_t count, double low = -1) {
  memory.emplace_back(count);
  const std::span<S> all(memory.back().data(), count);
  benchmarks::fill_uniform(all, memory.size(), low, 1);
  return all;
}

const char* name_of(float) { return "float"; }
const char* name_of(double) { return "double"; }

/// make(workspace, memory, samples) gives the Case.
template <class S, class Make>
void add(const std::string& op, const std::string& shape, std::size_t samples, const Make& make) {
  for (const bool ours : {true, false})
    benchmarks::add(op + (ours ? "/cpu/" : "/naive/") + name_of(S{}) + "/" + shape, samples,
                    [=](benchmark::State& state, std::size_t n) {
                      Workspace<> workspace;
                      Memory<S> memory;
                      const Case<S> work = make(workspace, memory, n);
                      benchmarks::run(state, work.is_right(), {}, ours ? work.call : work.naive);
                    });
}

template <class Sh, class S>
using Samples = BatchView<Sh, S>;

template <class S>
void add_maps() {
  using Sh = Shape<16, 64>;
  add<S>("gelu/forward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 1024, -4), y = numbers<S>(memory, n * 1024);
    return Case<S>{[=, &w] { kernels::Gelu<Cpu>::forward<Sh, S>(w, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < x.size(); ++i)
                       y[i] = x[i] * S(0.5) * (1 + std::erf(x[i] / std::sqrt(S{2})));
                   },
                   y};
  });
  add<S>("gelu/backward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 1024, -4), dy = numbers<S>(memory, n * 1024),
               dx = numbers<S>(memory, n * 1024);
    return Case<S>{[=, &w] { kernels::Gelu<Cpu>::backward<Sh, S>(w, {x.data(), n}, {dy.data(), n}, {dx.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < x.size(); ++i)
                       dx[i] = dy[i] * (S(0.5) * (1 + std::erf(x[i] / std::sqrt(S{2}))) +
                                        x[i] * std::exp(-x[i] * x[i] / 2) / std::sqrt(S(2 * 3.14159265358979)));
                   },
                   dx};
  });
  add<S>("add/forward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto a = numbers<S>(memory, n * 1024), b = numbers<S>(memory, n * 1024), c = numbers<S>(memory, n * 1024);
    return Case<S>{[=, &w] { kernels::Add<Cpu>::forward<Sh, S>(w, {a.data(), n}, {b.data(), n}, {c.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < a.size(); ++i) c[i] = a[i] + b[i];
                   },
                   c};
  });
  add<S>("dropout/forward", "16x64", 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("sgd/update", "33084", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
    const auto g = numbers<S>(memory, 33'084), p = numbers<S>(memory, 33'084), u = numbers<S>(memory, 33'084);
    return Case<S>{[=, &w] { kernels::Sgd<Cpu>::update<S>(w, {.learning_rate = 1e-3, .momentum = 0}, g, p, u); },
                   [=] {
                     for (std::size_t i = 0; i < g.size(); ++i) p[i] -= S(1e-3) * (u[i] = g[i]);
                   },
                   p};
  });
}

template <class S, std::size_t D>
void add_rows(std::size_t samples) {
  const std::string shape = std::to_string(D);
  add<S>("layer_norm/forward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("layer_norm/backward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("log_softmax/forward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("log_softmax/backward", shape, samples, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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

template <class S>
void add_tokens() {
  static constexpr std::size_t L = 64, D = 64;
  using Sh = Shape<L, D>;
  const std::string shape = "64x64";
  const auto lengths = [](std::size_t n) { return std::make_shared<std::vector<std::int32_t>>(n, 40); };
  add<S>("mean_tokens/forward", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("mean_tokens/backward", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto dy = numbers<S>(memory, n * D), dx = numbers<S>(memory, n * L * D);
    const auto valid = lengths(n);
    return Case<S>{
        [=, &w] { kernels::MeanTokens<Cpu>::backward<S, L, D>(w, {dy.data(), n}, valid->data(), {dx.data(), n}); },
        [=] {
          for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = i / D % L < 40 ? dy[i / (L * D) * D + i % D] / 40 : S{0};
        },
        dx};
  });
  add<S>("select_token/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * L * D), y = numbers<S>(memory, n * D);
    return Case<S>{
        [=, &w] { kernels::SelectToken<Cpu>::forward<S, L, D>(w, {x.data(), n}, 3, nullptr, {y.data(), n}); },
        [=] {
          for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[(i / D * L + 3) * D + i % D];
        },
        y};
  });
  add<S>("select_token/backward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto dy = numbers<S>(memory, n * D), dx = numbers<S>(memory, n * L * D);
    return Case<S>{
        [=, &w] { kernels::SelectToken<Cpu>::backward<S, L, D>(w, {dy.data(), n}, 3, nullptr, {dx.data(), n}); },
        [=] {
          for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = i / D % L == 3 ? dy[i / (L * D) * D + i % D] : S{0};
        },
        dx};
  });
  add<S>("class_token/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("class_token/backward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("position_embedding/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("position_embedding/backward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("sinusoidal_position/forward", shape, 64, [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add<S>("triangle/unpack", "64", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
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
  add<S>("triangle/backward", "64", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
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

template <class S, std::size_t P>
void add_patches() {
  using G = kernels::PatchGeometry<Shape<3, 32, 32>, P>;
  const std::string shape = "3x32x32/" + std::to_string(P);
  const auto at = [](std::size_t i) {  // element i of the patches in the images
    const std::size_t v = i % P, u = i / P % P, c = i / (P * P) % 3, patch = i / G::size;
    return ((patch / G::count * 3 + c) * 32 + patch / G::columns % G::rows * P + u) * 32 + patch % G::columns * P + v;
  };
  add<S>("patches/gather", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 3072), y = numbers<S>(memory, n * 3072);
    return Case<S>{[=, &w] { kernels::Patches<Cpu>::gather<G, S>(w, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[at(i)];
                   },
                   y};
  });
  add<S>("patches/scatter", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 3072), y = numbers<S>(memory, n * 3072);
    return Case<S>{[=, &w] { kernels::Patches<Cpu>::scatter<G, S>(w, {y.data(), n}, {x.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < y.size(); ++i) x[at(i)] = y[i];
                   },
                   x};
  });
}

template <class S>
void add_sets() {
  const auto chosen = [](std::size_t n, std::size_t of) {
    auto numbers = std::make_shared<std::vector<std::size_t>>(n);
    for (std::size_t i = 0; i < n; ++i) (*numbers)[i] = i * 7919 % of;
    return numbers;
  };
  add<S>("gather/pixels", "784", 1024, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto table = std::make_shared<std::vector<std::uint8_t>>(2000 * 784);
    for (std::size_t i = 0; i < table->size(); ++i) (*table)[i] = static_cast<std::uint8_t>(i * 31);
    const auto rows = chosen(n, 2000);
    const auto y = numbers<S>(memory, n * 784);
    return Case<S>{[=, &w] { kernels::Gather<Cpu>::pixels(w, table->data(), 784, rows->data(), n, y.data()); },
                   [=] {
                     for (std::size_t i = 0; i < y.size(); ++i)
                       y[i] = static_cast<S>((*table)[(*rows)[i / 784] * 784 + i % 784]) / 255;
                   },
                   y};
  });
  for (const std::size_t width : {std::size_t{1}, std::size_t{12}, std::size_t{100}})
    add<S>("gather/rows", std::to_string(width), 1024, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
      const auto table = numbers<S>(memory, 2000 * width), y = numbers<S>(memory, n * width);
      const auto rows = chosen(n, 2000);
      return Case<S>{[=, &w] { kernels::Gather<Cpu>::rows(w, table.data(), width, rows->data(), n, y.data()); },
                     [=] {
                       for (std::size_t i = 0; i < y.size(); ++i) y[i] = table[(*rows)[i / width] * width + i % width];
                     },
                     y};
    });
  const auto add_normalize = [&]<std::size_t C, std::size_t Plane>(auto shape, std::size_t samples) {
    using Sh = typename decltype(shape)::type;
    add<S>("normalize/forward", std::to_string(C) + "x" + std::to_string(Plane), samples,
           [](Workspace<>& w, Memory<S>& memory, std::size_t n) {
             const auto x = numbers<S>(memory, n * C * Plane), mean = numbers<S>(memory, C),
                        deviation = numbers<S>(memory, C, 0.5), y = numbers<S>(memory, n * C * Plane);
             return Case<S>{[=, &w] {
                              kernels::Normalize<Cpu>::forward<Sh, Shape<C>, S>(
                                  w, {x.data(), n}, TensorView<Shape<C>, const S>(mean.data()),
                                  TensorView<Shape<C>, const S>(deviation.data()), {y.data(), n});
                            },
                            [=] {
                              for (std::size_t i = 0; i < y.size(); ++i)
                                y[i] = (x[i] - mean[i / Plane % C]) / deviation[i / Plane % C];
                            },
                            y};
           });
  };
  add_normalize.template operator()<3, 1024>(std::type_identity<Shape<3, 32, 32>>(), 64);
  add_normalize.template operator()<12, 1>(std::type_identity<Shape<12>>(), 4096);
  add<S>("gradient_norm/measure", "929510", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
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
  add<S>("gradient_norm/clip", "33084", 1, [](Workspace<>& w, Memory<S>& memory, std::size_t) {
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
    add<S>(squared ? "squared_error/evaluate" : "absolute_error/evaluate", "96x7", 128,
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

template <class S>
void add_all() {
  add_maps<S>();
  add_rows<S, 10>(4096);
  add_rows<S, 64>(1024);
  add_rows<S, 256>(256);
  add_tokens<S>();
  add_patches<S, 4>();
  add_patches<S, 7 + 1>();
  add_sets<S>();
}

const bool registered = [] {
  add_all<float>();
  add_all<double>();
  return true;
}();

}  // namespace
