// SPDX-License-Identifier: MIT
// Small ops between a set and a model: patches of images, samples and pixels that are gathered, channels that are
// normalised.

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/odot.hpp"
#include "support/op_case.hpp"

using namespace odot;
using benchmarks::add_op;
using benchmarks::Case;
using benchmarks::Memory;
using benchmarks::numbers;

namespace {

template <class S, std::size_t P>
void add_patches() {
  using G = kernels::PatchGeometry<Shape<3, 32, 32>, P>;
  const std::string shape = "3x32x32/" + std::to_string(P);
  const auto at = [](std::size_t i) {  // element i of the patches in the images
    const std::size_t v = i % P, u = i / P % P, c = i / (P * P) % 3, patch = i / G::size;
    return ((patch / G::count * 3 + c) * 32 + patch / G::columns % G::rows * P + u) * 32 + patch % G::columns * P + v;
  };
  add_op<S>("patches/gather", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
    const auto x = numbers<S>(memory, n * 3072), y = numbers<S>(memory, n * 3072);
    return Case<S>{[=, &w] { kernels::Patches<Cpu>::gather<G, S>(w, {x.data(), n}, {y.data(), n}); },
                   [=] {
                     for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[at(i)];
                   },
                   y};
  });
  add_op<S>("patches/scatter", shape, 64, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
  add_op<S>("gather/pixels", "784", 1024, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
    add_op<S>("gather/rows", std::to_string(width), 1024, [=](Workspace<>& w, Memory<S>& memory, std::size_t n) {
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
    add_op<S>("normalize/forward", std::to_string(C) + "x" + std::to_string(Plane), samples,
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
}

const bool registered = benchmarks::register_scalars([]<class S>(S) {
  add_patches<S, 4>();
  add_patches<S, 7 + 1>();
  add_sets<S>();
});

}  // namespace
