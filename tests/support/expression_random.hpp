#pragma once
// SPDX-License-Identifier: MIT
// Random expressions, drawn when the program is compiled, against an interpreter that goes element by element.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/expression_operands.hpp"

namespace odot::test {

/// What the interpreter computes with: [samples or 1, rows, columns].
struct Grid {
  std::size_t samples, rows, columns;
  std::vector<double> values;

  /// The element at an index, of extent 1 the only one.
  double at(std::size_t n, std::size_t i, std::size_t j) const {
    return values[((samples == 1 ? 0 : n) * rows + (rows == 1 ? 0 : i)) * columns + (columns == 1 ? 0 : j)];
  }
  template <class F>
  static Grid of(std::size_t samples, std::size_t rows, std::size_t columns, const F& f) {
    Grid grid{samples, rows, columns, {}};
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) grid.values.push_back(f(n, i, j));
    return grid;
  }
  template <class F, class... Others>
  static Grid map(const F& f, const Grid& a, const Others&... others) {
    return of((std::max)({a.samples, others.samples...}), (std::max)({a.rows, others.rows...}),
              (std::max)({a.columns, others.columns...}),
              [&](auto n, auto i, auto j) { return f(a.at(n, i, j), others.at(n, i, j)...); });
  }
  /// Rows, columns or samples reduced.
  template <class F>
  Grid reduced(bool over_samples, bool over_rows, bool over_columns, double start, const F& f) const {
    return of(over_samples ? 1 : samples, over_rows ? 1 : rows, over_columns ? 1 : columns,
              [&](auto n, auto i, auto j) {
                double result = start;
                for (std::size_t a = 0; a < (over_samples ? samples : 1); ++a)
                  for (std::size_t b = 0; b < (over_rows ? rows : 1); ++b)
                    for (std::size_t c = 0; c < (over_columns ? columns : 1); ++c)
                      result = f(result, at(over_samples ? a : n, over_rows ? b : i, over_columns ? c : j));
                return result;
              });
  }
};

/// An expression and what its value must be.
template <class Node>
struct Pair {
  Node node;
  Grid grid;
};
template <class Node>
Pair<Node> pair(Node node, Grid grid) {
  return {std::move(node), std::move(grid)};
}

/// Leaves whose shapes broadcast to [Rows, Columns].
template <class Device, class S, std::size_t Rows, std::size_t Columns>
struct RandomExpressions {
  static constexpr std::size_t samples = 3;
  using Full = Shape<Rows, Columns>;
  Batch<Full, S, Device> x = to<Device>(drawn<Full, S>(samples, 100));
  Batch<Shape<Columns>, S, Device> rows = to<Device>(drawn<Shape<Columns>, S>(samples, 200));
  Batch<Shape<Rows, 1>, S, Device> columns = to<Device>(drawn<Shape<Rows, 1>, S>(samples, 300));
  Tensor<Full, S, Device> t = to<Device>(drawn<Full, S>(400));
  Tensor<Shape<Columns>, S, Device> row = to<Device>(drawn<Shape<Columns>, S>(500));
  Tensor<Shape<Rows, 1>, S, Device> column = to<Device>(drawn<Shape<Rows, 1>, S>(600));
  Tensor<Shape<>, S, Device> number = to<Device>(drawn<Shape<>, S>(700));
  Tensor<Shape<Columns, Rows>, S, Device> turned = to<Device>(drawn<Shape<Columns, Rows>, S>(800));
  Batch<Shape<Rows, 2 * Columns>, S, Device> wide = to<Device>(drawn<Shape<Rows, 2 * Columns>, S>(samples, 900));

  static constexpr std::uint32_t mix(std::uint32_t seed) {
    seed ^= seed >> 16, seed *= 0x7feb352du, seed ^= seed >> 15, seed *= 0x846ca68bu;
    return seed ^ seed >> 16;
  }
  /// A leaf whose numbers are hash_uniform's from `start` on.
  template <class Leaf>
  static Grid drawn_grid(const Leaf&, std::size_t start) {
    using Node = expressions::NodeOf<const Leaf&>;
    using Sh = typename Node::shape;
    const std::size_t height = Sh::rank < 2 ? 1 : Sh::extents[0], width = Sh::rank == 0 ? 1 : Sh::extents[Sh::rank - 1];
    return Grid::of(Node::batched ? samples : 1, height, width, [&](auto n, auto i, auto j) {
      return static_cast<double>(static_cast<S>(hash_uniform(start + (n * height + i) * width + j)));
    });
  }

  template <std::uint32_t Seed>
  auto leaf() const {
    constexpr std::uint32_t choice = mix(Seed) % 9;
    using expressions::node_of;
    if constexpr (choice == 0) return pair(node_of(x), drawn_grid(x, 100));
    else if constexpr (choice == 1) return pair(node_of(rows), drawn_grid(rows, 200));
    else if constexpr (choice == 2) return pair(node_of(columns), drawn_grid(columns, 300));
    else if constexpr (choice == 3) return pair(node_of(t), drawn_grid(t, 400));
    else if constexpr (choice == 4) return pair(node_of(row), drawn_grid(row, 500));
    else if constexpr (choice == 5) return pair(node_of(column), drawn_grid(column, 600));
    else if constexpr (choice == 6) return pair(node_of(number), drawn_grid(number, 700));
    else if constexpr (choice == 7)
      return pair(transpose(turned), Grid::of(1, Rows, Columns, [](auto, auto i, auto j) {
                    return static_cast<double>(static_cast<S>(hash_uniform(800 + j * Rows + i)));
                  }));
    else
      return pair(
          slice<1, 1, Columns + 1>(wide), Grid::of(samples, Rows, Columns, [](auto n, auto i, auto j) {
            return static_cast<double>(static_cast<S>(hash_uniform(900 + (n * Rows + i) * 2 * Columns + j + 1)));
          }));
  }

  /// Numbers stay within [-2, 2].
  template <std::uint32_t Seed, int Depth>
  auto draw() const {
    if constexpr (Depth == 0) {
      return leaf<Seed>();
    } else {
      constexpr std::uint32_t choice = mix(Seed) % 12;
      const auto [a, ga] = draw<mix(Seed + 1), Depth - 1>();
      using Sh = typename std::remove_cvref_t<decltype(a)>::shape;
      constexpr std::size_t rank = Sh::rank;
      if constexpr (choice == 0) return pair(tanh(a * 2), Grid::map([](double v) { return std::tanh(2 * v); }, ga));
      else if constexpr (choice == 1)
        return pair(exp(-abs(a)), Grid::map([](double v) { return std::exp(-std::abs(v)); }, ga));
      else if constexpr (choice == 2 && rank > 0)
        return pair(mean<rank - 1>(a),
                    Grid::map([&](double v) { return v / static_cast<double>(ga.columns); },
                              ga.reduced(false, false, true, 0, [](double s, double v) { return s + v; })));
      else if constexpr (choice == 3 && rank == 2)
        return pair(max<0>(a), ga.reduced(false, true, false, -9, [](double s, double v) { return std::max(s, v); }));
      else if constexpr (choice == 4 && std::remove_cvref_t<decltype(a)>::batched)
        return pair(batch_mean(a),
                    Grid::map([&](double v) { return v / samples; },
                              ga.reduced(true, false, false, 0, [](double s, double v) { return s + v; })));
      else if constexpr (choice == 5 && rank == 2)
        return pair(transpose(transpose(a) * 0.5), Grid::map([](double v) { return 0.5 * v; }, ga));
      else if constexpr (choice == 6 && rank == 2) {
        const Grid products = Grid::of(ga.samples, ga.rows, ga.rows, [&](auto n, auto i, auto k) {
          double total = 0;
          for (std::size_t j = 0; j < ga.columns; ++j) total += ga.at(n, i, j) * ga.at(n, k, j);
          return total;
        });
        const Grid result = Grid::of(ga.samples, ga.rows, 1, [&](auto n, auto i, auto) {
          double total = 0;
          for (std::size_t k = 0; k < ga.rows; ++k) total += products.at(n, i, k);
          return std::tanh(total);
        });
        return pair(tanh(sum<1>(matmul(a, transpose(a)))), result);
      } else {
        const auto [b, gb] = draw<mix(Seed + 2), Depth - 1>();
        if constexpr (choice % 4 == 0) return pair(a * b, Grid::map([](double v, double w) { return v * w; }, ga, gb));
        else if constexpr (choice % 4 == 1)
          return pair((a + b) / 2, Grid::map([](double v, double w) { return (v + w) / 2; }, ga, gb));
        else if constexpr (choice % 4 == 2)
          return pair(max(a, 1 - square(b)),
                      Grid::map([](double v, double w) { return std::max(v, 1 - w * w); }, ga, gb));
        else
          return pair(clamp(a - b, -1, 1),
                      Grid::map([](double v, double w) { return std::clamp(v - w, -1.0, 1.0); }, ga, gb));
      }
    }
  }

  template <std::uint32_t Seed, int Depth>
  void check() const {
    CAPTURE(Seed);
    const auto [node, grid] = draw<mix(Seed), Depth>();
    check_value<S>(node, grid.values, 8);
    // Into a target of the full shape, over what was there.
    Batch<Full, S, Device> y(samples);
    y = 1;
    y -= node;
    check_value<S>(
        y, Grid::of(samples, Rows, Columns, [&](auto n, auto i, auto j) { return 1 - grid.at(n, i, j); }).values, 8);
  }
};

template <class Device, class S, std::size_t Rows, std::size_t Columns, int Depth, std::uint32_t First,
          std::uint32_t... Seed>
void check_random_expressions(std::integer_sequence<std::uint32_t, Seed...>) {
  const RandomExpressions<Device, S, Rows, Columns> random;
  (random.template check<First + Seed, Depth>(), ...);
}

}  // namespace odot::test
