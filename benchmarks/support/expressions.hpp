#pragma once
// SPDX-License-Identifier: MIT
// What the benchmarks of expressions have in common: <what>/<pass>/<by>/<scalar>/<shape>/<samples>, on one thread. By: cpu,
// an expression of ours; loop, SIMD registers by hand with our exponential; eigen, Eigen's arrays; naive, number by number.
// docs/performance.md has a table.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/odot.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"

namespace odot::benchmarks {

namespace simd = odot::kernels::simd;

/// Inputs and outputs of all benchmarks of one shape: samples [N, Map], one tensor per column and per channel.
template <class S_, ShapeType Map>
struct Work {
  using S = S_;
  using P = simd::Packet<S>;
  using Elements = Eigen::Map<Eigen::Array<S, Eigen::Dynamic, Map::size, Eigen::RowMajor>>;
  using Columns = Eigen::Map<Eigen::Array<S, 1, Map::size, Eigen::RowMajor>>;
  static constexpr std::size_t columns = Map::size, lanes = simd::lanes<S>;
  static constexpr std::size_t channels = Map::extents[0];

  explicit Work(std::size_t samples) : n(samples), x(n), z(n), y(n), of_rows(n) {
    fill_uniform(x.span(), 1, -2, 2);
    fill_uniform(z.span(), 2, -1, 1);
    fill_uniform(std::span<S>(b.data(), b.size()), 3, 0.5, 1.5);
    fill_uniform(std::span<S>(g.data(), g.size()), 4, 0.5, 1.5);
    fill_uniform(std::span<S>(scale.data(), scale.size()), 5, 0.5, 1.5);
    fill_uniform(std::span<S>(shift.data(), shift.size()), 6, -1, 1);
  }

  /// The outputs, to compare.
  std::vector<S> results() const {
    std::vector<S> all(y.span().begin(), y.span().end());
    all.insert(all.end(), of_rows.span().begin(), of_rows.span().end());
    all.insert(all.end(), of_columns.data(), of_columns.data() + columns);
    all.push_back(total);
    return all;
  }
  void clear() {
    std::fill(y.span().begin(), y.span().end(), S(0));
    std::fill(of_rows.span().begin(), of_rows.span().end(), S(0));
    std::fill(of_columns.data(), of_columns.data() + columns, S(0));
    total = 0;
  }

  Elements eigen_x() { return Elements(x.data(), static_cast<Eigen::Index>(n), Map::size); }
  Elements eigen_z() { return Elements(z.data(), static_cast<Eigen::Index>(n), Map::size); }
  Elements eigen_y() { return Elements(y.data(), static_cast<Eigen::Index>(n), Map::size); }
  Columns eigen_b() { return Columns(b.data()); }
  Columns eigen_of_columns() { return Columns(of_columns.data()); }
  Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>> eigen_of_rows() {
    return Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>>(of_rows.data(), static_cast<Eigen::Index>(n));
  }

  std::size_t n;
  Batch<Map, S> x, z, y;
  Batch<Shape<1>, S> of_rows;
  Tensor<Map, S> b, g, of_columns;
  Tensor<Shape<channels, 1, 1>, S> scale, shift;
  Tensor<Map, S> square;
  S total = 0;
  Workspace<> workspace{1};
};

template <class S>
bool all_close(const std::vector<S>& found, const std::vector<S>& expected) {
  const double tolerance = std::is_same_v<S, float> ? 2e-5 : 1e-12;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(found[i] - expected[i]) <= tolerance * (1 + std::abs(static_cast<double>(expected[i])))))
      return false;
  return true;
}

template <class S>
std::string name_of_scalar() {
  return std::is_same_v<S, float> ? "float" : "double";
}

/// Registers one row of the table.
template <class W, class Call, class Reference>
void add_row(const std::string& op, const std::string& by, const std::string& shape, std::size_t samples, double arrays,
             Call call, Reference reference) {
  using S = typename W::S;
  add(op + "/" + by + "/" + name_of_scalar<S>() + "/" + shape, samples, [=](benchmark::State& state, std::size_t n) {
    W work(n);
    const WorkspaceScope<Cpu> scope(work.workspace);
    reference(work);
    const auto expected = work.results();
    work.clear();
    call(work);
    run(state, all_close(work.results(), expected), {.bytes = arrays * static_cast<double>(sizeof(S) * work.x.size())},
        [&] { call(work); });
  });
}

struct None {};

/// The rows of one operation in float and double. The functions are generic in the Work.
template <ShapeType Map, class Ours, class Loop, class OfEigen, class Naive>
void add(const std::string& op, const std::string& shape, std::size_t samples, double arrays, Ours ours, Loop loop,
         OfEigen of_eigen, Naive naive) {
  const auto of_scalar = [&]<class S>(S) {
    using W = Work<S, Map>;
    add_row<W>(op, "cpu", shape, samples, arrays, ours, naive);
    add_row<W>(op, "loop", shape, samples, arrays, loop, naive);
    if constexpr (!std::is_same_v<OfEigen, None>) add_row<W>(op, "eigen", shape, samples, arrays, of_eigen, naive);
    add_row<W>(op, "naive", shape, samples, arrays, naive, naive);
  };
  of_scalar(0.0f);
  of_scalar(0.0);
}

// ---- What loops by hand are made of

template <class W>
using PacketOf = typename W::P;

/// body(offset) for whole registers of all elements, whose number is a multiple of the lanes.
template <class W, class Body>
ODOT_INLINE void for_elements(W& w, const Body& body) {
  const std::size_t size = w.x.size();
  for (std::size_t i = 0; i + W::lanes <= size; i += W::lanes) body(i);
}
template <class W, class Body>
ODOT_INLINE void for_rows(W& w, const Body& body) {
  for (std::size_t row = 0; row < w.n; ++row) body(row, row * W::columns);
}
/// Σ term(offset) of a row whose length is a multiple of four registers, in four accumulators.
template <class W, class Term>
ODOT_INLINE auto sum_of_row(std::size_t start, const Term& term) {
  using P = typename W::P;
  constexpr std::size_t L = W::lanes;
  P sums[4] = {simd::all(typename W::S(0)), simd::all(typename W::S(0)), simd::all(typename W::S(0)),
               simd::all(typename W::S(0))};
  for (std::size_t i = start; i < start + W::columns; i += 4 * L)
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) sums[k] = simd::add(sums[k], term(i + k * L));
  return simd::sum(simd::add(simd::add(sums[0], sums[1]), simd::add(sums[2], sums[3])));
}

}  // namespace odot::benchmarks
