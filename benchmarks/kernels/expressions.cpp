// SPDX-License-Identifier: MIT
// Expressions: <what>/<pass>/<by>/<scalar>/<shape>/<samples>, on one thread. By: cpu, an expression of ours; loop, SIMD
// registers by hand with our exponential; eigen, Eigen's arrays; naive, number by number. docs/performance.md has a table.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

#include "odot/odot.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"

using namespace odot;
namespace simd = odot::kernels::simd;

namespace {

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
    benchmarks::fill_uniform(x.span(), 1, -2, 2);
    benchmarks::fill_uniform(z.span(), 2, -1, 1);
    benchmarks::fill_uniform(std::span<S>(b.data(), b.size()), 3, 0.5, 1.5);
    benchmarks::fill_uniform(std::span<S>(g.data(), g.size()), 4, 0.5, 1.5);
    benchmarks::fill_uniform(std::span<S>(scale.data(), scale.size()), 5, 0.5, 1.5);
    benchmarks::fill_uniform(std::span<S>(shift.data(), shift.size()), 6, -1, 1);
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
  benchmarks::add(
      op + "/" + by + "/" + name_of_scalar<S>() + "/" + shape, samples, [=](benchmark::State& state, std::size_t n) {
        W work(n);
        const WorkspaceScope<Cpu> scope(work.workspace);
        reference(work);
        const auto expected = work.results();
        work.clear();
        call(work);
        benchmarks::run(state, all_close(work.results(), expected),
                        {.bytes = arrays * static_cast<double>(sizeof(S) * work.x.size())}, [&] { call(work); });
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

// ---- Maps

const bool maps = [] {
  add<Shape<256>>(
      "affine/forward", "256", 256, 3, [](auto& w) { w.y = 2 * w.x + w.z * w.x - 1; },
      [](auto& w) {
        using S = typename std::remove_reference_t<decltype(w)>::S;
        const S *x = w.x.data(), *z = w.z.data();
        S* y = w.y.data();
        const auto two = simd::all(S(2)), one = simd::all(S(1));
        for_elements(w, [=](std::size_t i) {
          const auto at = simd::load(x + i);
          simd::store(y + i, simd::subtract(simd::multiply_add(simd::load(z + i), at, simd::multiply(two, at)), one));
        });
      },
      [](auto& w) { w.eigen_y() = 2 * w.eigen_x() + w.eigen_z() * w.eigen_x() - 1; },
      [](auto& w) {
        for (std::size_t i = 0; i < w.x.size(); ++i)
          w.y.data()[i] = 2 * w.x.data()[i] + w.z.data()[i] * w.x.data()[i] - 1;
      });

  add<Shape<256>>(
      "broadcast/row", "256", 256, 2, [](auto& w) { w.y = w.x * w.b + w.g; },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        for_rows(w, [&](std::size_t, std::size_t start) {
          for (std::size_t c = 0; c < W::columns; c += W::lanes)
            simd::store(w.y.data() + start + c,
                        simd::multiply_add(simd::load(w.x.data() + start + c), simd::load(w.b.data() + c),
                                           simd::load(w.g.data() + c)));
        });
      },
      [](auto& w) {
        w.eigen_y() = (w.eigen_x().rowwise() * w.eigen_b()).rowwise() + decltype(w.eigen_b())(w.g.data());
      },
      [](auto& w) {
        for (std::size_t i = 0; i < w.x.size(); ++i)
          w.y.data()[i] = w.x.data()[i] * w.b.data()[i % w.columns] + w.g.data()[i % w.columns];
      });

  add<Shape<16, 16, 16>>(
      "broadcast/channel", "16x16x16", 16, 2, [](auto& w) { w.y = w.x * w.scale + w.shift; },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        constexpr std::size_t plane = W::columns / W::channels;
        for (std::size_t p = 0; p < w.n * W::channels; ++p) {
          const auto a = simd::all(w.scale.data()[p % W::channels]), b = simd::all(w.shift.data()[p % W::channels]);
          for (std::size_t i = p * plane; i < (p + 1) * plane; i += W::lanes)
            simd::store(w.y.data() + i, simd::multiply_add(simd::load(w.x.data() + i), a, b));
        }
      },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using S = typename W::S;
        constexpr int plane = W::columns / W::channels;
        using Planes = Eigen::Array<S, W::channels, plane, Eigen::RowMajor>;
        using Channels = Eigen::Map<const Eigen::Array<S, W::channels, 1>>;
        for (std::size_t i = 0; i < w.n; ++i)
          Eigen::Map<Planes>(w.y.data() + i * W::columns) =
              (Eigen::Map<const Planes>(w.x.data() + i * W::columns).colwise() * Channels(w.scale.data())).colwise() +
              Channels(w.shift.data());
      },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        constexpr std::size_t plane = W::columns / W::channels;
        for (std::size_t i = 0; i < w.x.size(); ++i)
          w.y.data()[i] =
              w.x.data()[i] * w.scale.data()[i / plane % W::channels] + w.shift.data()[i / plane % W::channels];
      });

  // y = x + zᵀ of each sample. By hand: squares of lanes × lanes elements, transposed in registers.
  add<Shape<64, 64>>(
      "transposed/forward", "64x64", 16, 3, [](auto& w) { w.y = w.x + transpose(w.z); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using S = typename W::S;
        constexpr std::size_t L = W::lanes, m = W::channels;
        for (std::size_t i = 0; i < w.n; ++i) {
          const S *x = w.x.data() + i * m * m, *z = w.z.data() + i * m * m;
          S* y = w.y.data() + i * m * m;
          for (std::size_t r = 0; r < m; r += L)
            for (std::size_t c = 0; c < m; c += L) {
              simd::Block<S> block;
              for (std::size_t k = 0; k < L; ++k) block.packet[k] = simd::load(z + (c + k) * m + r);
              simd::transpose<S>(block);
              for (std::size_t k = 0; k < L; ++k)
                simd::store(y + (r + k) * m + c, simd::add(simd::load(x + (r + k) * m + c), block.packet[k]));
            }
        }
      },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using Square = Eigen::Map<Eigen::Array<typename W::S, W::channels, W::channels, Eigen::RowMajor>>;
        for (std::size_t i = 0; i < w.n; ++i)
          Square(w.y.data() + i * W::columns) =
              Square(w.x.data() + i * W::columns) + Square(w.z.data() + i * W::columns).transpose();
      },
      [](auto& w) {
        constexpr std::size_t m = std::remove_reference_t<decltype(w)>::channels;
        for (std::size_t i = 0; i < w.n; ++i)
          for (std::size_t r = 0; r < m; ++r)
            for (std::size_t c = 0; c < m; ++c)
              w.y.data()[(i * m + r) * m + c] = w.x.data()[(i * m + r) * m + c] + w.z.data()[(i * m + c) * m + r];
      });

  // The halves of a row: y's first half = x's first half · x's second half.
  add<Shape<256>>(
      "sliced/forward", "256", 256, 1.5,
      [](auto& w) { slice<0, 0, 128>(w.y) = slice<0, 0, 128>(w.x) * slice<0, 128, 256>(w.x); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        for_rows(w, [&](std::size_t, std::size_t start) {
          for (std::size_t c = 0; c < 128; c += W::lanes)
            simd::store(w.y.data() + start + c,
                        simd::multiply(simd::load(w.x.data() + start + c), simd::load(w.x.data() + start + 128 + c)));
        });
      },
      [](auto& w) {
        w.eigen_y().template leftCols<128>() =
            w.eigen_x().template leftCols<128>() * w.eigen_x().template rightCols<128>();
      },
      [](auto& w) {
        for (std::size_t r = 0; r < w.n; ++r)
          for (std::size_t c = 0; c < 128; ++c)
            w.y.data()[r * 256 + c] = w.x.data()[r * 256 + c] * w.x.data()[r * 256 + 128 + c];
      });

  add<Shape<256>>(
      "swish/forward", "256", 256, 2, [](auto& w) { w.y = w.x * sigmoid(w.b * w.x); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using S = typename W::S;
        const auto one = simd::all(S(1));
        for_rows(w, [&](std::size_t, std::size_t start) {
          for (std::size_t c = 0; c < W::columns; c += W::lanes) {
            const auto x = simd::load(w.x.data() + start + c), b = simd::load(w.b.data() + c);
            const auto e = simd::exp_of_any<S>(simd::negate(simd::multiply(b, x)));
            simd::store(w.y.data() + start + c, simd::multiply(x, simd::divide(one, simd::add(one, e))));
          }
        });
      },
      [](auto& w) { w.eigen_y() = w.eigen_x() / (1 + (-(w.eigen_x().rowwise() * w.eigen_b())).exp()); },
      [](auto& w) {
        for (std::size_t i = 0; i < w.x.size(); ++i)
          w.y.data()[i] = w.x.data()[i] / (1 + std::exp(-w.b.data()[i % w.columns] * w.x.data()[i]));
      });

  // dx = dy · s · (1 + b x (1 − s)),  db = Σ dy · x² · s · (1 − s);  z is dy, y is dx.
  add<Shape<256>>(
      "swish/backward", "256", 256, 3,
      [](auto& w) {
        const auto s = sigmoid(w.b * w.x);
        assign(w.y, w.z * s * (1 + w.b * w.x * (1 - s)), w.of_columns, batch_sum(w.z * w.x * w.x * s * (1 - s)));
      },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using S = typename W::S;
        const auto one = simd::all(S(1));
        for (std::size_t c = 0; c < W::columns; c += W::lanes) simd::store(w.of_columns.data() + c, simd::all(S(0)));
        for_rows(w, [&](std::size_t, std::size_t start) {
          for (std::size_t c = 0; c < W::columns; c += W::lanes) {
            const auto x = simd::load(w.x.data() + start + c), b = simd::load(w.b.data() + c),
                       dy = simd::load(w.z.data() + start + c), bx = simd::multiply(b, x);
            const auto s = simd::divide(one, simd::add(one, simd::exp_of_any<S>(simd::negate(bx))));
            const auto rest = simd::subtract(one, s), dys = simd::multiply(dy, s);
            simd::store(w.y.data() + start + c, simd::multiply(dys, simd::multiply_add(bx, rest, one)));
            const auto db = simd::load(w.of_columns.data() + c);
            simd::store(w.of_columns.data() + c,
                        simd::multiply_add(simd::multiply(simd::multiply(dys, x), x), rest, db));
          }
        });
      },
      [](auto& w) {
        w.eigen_y() = 1 / (1 + (-(w.eigen_x().rowwise() * w.eigen_b())).exp());
        w.eigen_of_columns() = (w.eigen_z() * w.eigen_x().square() * w.eigen_y() * (1 - w.eigen_y())).colwise().sum();
        w.eigen_y() = w.eigen_z() * w.eigen_y() * (1 + (w.eigen_x().rowwise() * w.eigen_b()) * (1 - w.eigen_y()));
      },
      [](auto& w) {
        using S = typename std::remove_reference_t<decltype(w)>::S;
        std::vector<double> sums(w.columns);
        for (std::size_t i = 0; i < w.x.size(); ++i) {
          const S x = w.x.data()[i], b = w.b.data()[i % w.columns], s = 1 / (1 + std::exp(-b * x));
          w.y.data()[i] = w.z.data()[i] * s * (1 + b * x * (1 - s));
          sums[i % w.columns] += w.z.data()[i] * x * x * s * (1 - s);
        }
        for (std::size_t c = 0; c < w.columns; ++c) w.of_columns.data()[c] = static_cast<S>(sums[c]);
      });
  return true;
}();

// ---- Reductions

const bool reductions = [] {
  add<Shape<256>>(
      "sum/rows", "256", 256, 2, [](auto& w) { w.of_rows = sum<0>(w.x * w.z); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        for_rows(w, [&](std::size_t row, std::size_t start) {
          w.of_rows.data()[row] = sum_of_row<W>(start, [&](std::size_t i) {
            return simd::multiply(simd::load(w.x.data() + i), simd::load(w.z.data() + i));
          });
        });
      },
      [](auto& w) { w.eigen_of_rows() = (w.eigen_x() * w.eigen_z()).rowwise().sum(); },
      [](auto& w) {
        for (std::size_t r = 0; r < w.n; ++r) {
          double sum = 0;
          for (std::size_t i = r * w.columns; i < (r + 1) * w.columns; ++i) sum += w.x.data()[i] * w.z.data()[i];
          w.of_rows.data()[r] = static_cast<typename std::remove_reference_t<decltype(w)>::S>(sum);
        }
      });

  add<Shape<256>>(
      "sum/samples", "256", 256, 2, [](auto& w) { w.of_columns = batch_sum(w.x * w.z); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        constexpr std::size_t L = W::lanes, wide = 4 * L;
        for (std::size_t c = 0; c < W::columns; c += wide) {
          typename W::P sums[4];
          for (auto& sum : sums) sum = simd::all(typename W::S(0));
          for (std::size_t i = c; i < w.n * W::columns; i += W::columns)
#pragma GCC unroll 4
            for (std::size_t k = 0; k < 4; ++k)
              sums[k] =
                  simd::multiply_add(simd::load(w.x.data() + i + k * L), simd::load(w.z.data() + i + k * L), sums[k]);
          for (std::size_t k = 0; k < 4; ++k) simd::store(w.of_columns.data() + c + k * L, sums[k]);
        }
      },
      [](auto& w) { w.eigen_of_columns() = (w.eigen_x() * w.eigen_z()).colwise().sum(); },
      [](auto& w) {
        std::vector<double> sums(w.columns);
        for (std::size_t i = 0; i < w.x.size(); ++i) sums[i % w.columns] += w.x.data()[i] * w.z.data()[i];
        for (std::size_t c = 0; c < w.columns; ++c)
          w.of_columns.data()[c] = static_cast<typename std::remove_reference_t<decltype(w)>::S>(sums[c]);
      });

  add<Shape<65536>>(
      "sum/all", "65536", 1, 2, [](auto& w) { w.of_rows = sum(w.x * w.z); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        // In runs, so that the sum is as exact as ours.
        constexpr std::size_t run = 4096, L = W::lanes;
        double total = 0;
        for (std::size_t first = 0; first < W::columns; first += run) {
          typename W::P sums[4];
          for (auto& sum : sums) sum = simd::all(typename W::S(0));
          for (std::size_t i = first; i < first + run; i += 4 * L)
#pragma GCC unroll 4
            for (std::size_t k = 0; k < 4; ++k)
              sums[k] =
                  simd::multiply_add(simd::load(w.x.data() + i + k * L), simd::load(w.z.data() + i + k * L), sums[k]);
          total += static_cast<double>(simd::sum(simd::add(simd::add(sums[0], sums[1]), simd::add(sums[2], sums[3]))));
        }
        w.of_rows.data()[0] = static_cast<typename W::S>(total);
      },
      [](auto& w) { w.of_rows.data()[0] = (w.eigen_x() * w.eigen_z()).sum(); },
      [](auto& w) {
        double total = 0;
        for (std::size_t i = 0; i < w.x.size(); ++i) total += w.x.data()[i] * w.z.data()[i];
        w.of_rows.data()[0] = static_cast<typename std::remove_reference_t<decltype(w)>::S>(total);
      });
  return true;
}();

// ---- Rows that are read more than once

template <ShapeType Map>
void add_softmax(const std::string& shape, std::size_t samples) {
  add<Map>(
      "softmax/rows", shape, samples, 2,
      [](auto& w) {
        w.y = exp(w.x - max<0>(w.x));
        w.y *= 1 / sum<0>(w.y);
      },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using S = typename W::S;
        constexpr std::size_t L = W::lanes, whole = W::columns / L * L, rest = W::columns % L;
        const S lowest = -std::numeric_limits<S>::infinity();
        for_rows(w, [&](std::size_t, std::size_t start) {
          const S* x = w.x.data() + start;
          S* y = w.y.data() + start;
          auto top = simd::all(lowest);
          for (std::size_t c = 0; c < whole; c += L) top = simd::larger(top, simd::load(x + c));
          if (rest) top = simd::larger(top, simd::first_of(rest, simd::load_first(x + whole, rest), top));
          top = simd::all(simd::largest(top));
          auto sum = simd::all(S(0));
          for (std::size_t c = 0; c < whole; c += L) {
            const auto e = simd::exp_of_any<S>(simd::subtract(simd::load(x + c), top));
            sum = simd::add(sum, e);
            simd::store(y + c, e);
          }
          if (rest) {
            const auto e = simd::exp_of_any<S>(simd::subtract(simd::load_first(x + whole, rest), top));
            sum = simd::add(sum, simd::first_of(rest, e, simd::all(S(0))));
            simd::store_first(y + whole, rest, e);
          }
          const auto norm = simd::all(S(1) / simd::sum(sum));
          for (std::size_t c = 0; c < whole; c += L) simd::store(y + c, simd::multiply(simd::load(y + c), norm));
          if (rest) simd::store_first(y + whole, rest, simd::multiply(simd::load_first(y + whole, rest), norm));
        });
      },
      [](auto& w) {
        w.eigen_y() = (w.eigen_x().colwise() - w.eigen_x().rowwise().maxCoeff().eval()).exp();
        w.eigen_y().colwise() *= w.eigen_y().rowwise().sum().inverse().eval();
      },
      [](auto& w) {
        using S = typename std::remove_reference_t<decltype(w)>::S;
        for (std::size_t r = 0; r < w.n; ++r) {
          const S* x = w.x.data() + r * w.columns;
          S *y = w.y.data() + r * w.columns, top = x[0], sum = 0;
          for (std::size_t c = 1; c < w.columns; ++c) top = std::max(top, x[c]);
          for (std::size_t c = 0; c < w.columns; ++c) sum += y[c] = std::exp(x[c] - top);
          for (std::size_t c = 0; c < w.columns; ++c) y[c] /= sum;
        }
      });
}

const bool rows = [] {
  add_softmax<Shape<10>>("10", 4096);
  add_softmax<Shape<256>>("256", 256);

  add<Shape<256>>(
      "divided_by_sum/rows", "256", 256, 2, [](auto& w) { w.y = w.x / (100 + sum<0>(w.x)); },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        for_rows(w, [&](std::size_t, std::size_t start) {
          const auto sum =
              simd::all(100 + sum_of_row<W>(start, [&](std::size_t i) { return simd::load(w.x.data() + i); }));
          for (std::size_t i = start; i < start + W::columns; i += W::lanes)
            simd::store(w.y.data() + i, simd::divide(simd::load(w.x.data() + i), sum));
        });
      },
      [](auto& w) { w.eigen_y() = w.eigen_x().colwise() / (100 + w.eigen_x().rowwise().sum()).eval(); },
      [](auto& w) {
        using S = typename std::remove_reference_t<decltype(w)>::S;
        for (std::size_t r = 0; r < w.n; ++r) {
          double sum = 100;
          for (std::size_t i = r * w.columns; i < (r + 1) * w.columns; ++i) sum += w.x.data()[i];
          for (std::size_t i = r * w.columns; i < (r + 1) * w.columns; ++i)
            w.y.data()[i] = w.x.data()[i] / static_cast<S>(sum);
        }
      });

  add<Shape<256>>(
      "layer_norm/rows", "256", 256, 2,
      [](auto& w) {
        const auto centred = w.x - mean<0>(w.x);
        w.y = centred * rsqrt(mean<0>(square(centred)) + 1e-5) * w.b + w.g;
      },
      [](auto& w) {
        using W = std::remove_reference_t<decltype(w)>;
        using S = typename W::S;
        for_rows(w, [&](std::size_t, std::size_t start) {
          const S* x = w.x.data();
          const auto mean =
              simd::all(sum_of_row<W>(start, [&](std::size_t i) { return simd::load(x + i); }) / S(W::columns));
          const S variance = sum_of_row<W>(start,
                                           [&](std::size_t i) {
                                             const auto d = simd::subtract(simd::load(x + i), mean);
                                             return simd::multiply(d, d);
                                           }) /
                             S(W::columns);
          const auto factor = simd::all(S(1) / std::sqrt(variance + S(1e-5)));
          for (std::size_t c = 0; c < W::columns; c += W::lanes)
            simd::store(w.y.data() + start + c,
                        simd::multiply_add(simd::multiply(simd::subtract(simd::load(x + start + c), mean), factor),
                                           simd::load(w.b.data() + c), simd::load(w.g.data() + c)));
        });
      },
      [](auto& w) {
        w.eigen_y() = w.eigen_x().colwise() - w.eigen_x().rowwise().mean().eval();
        w.eigen_y() =
            ((w.eigen_y().colwise() * (w.eigen_y().square().rowwise().mean() + 1e-5).rsqrt().eval()).rowwise() *
             w.eigen_b())
                .rowwise() +
            decltype(w.eigen_b())(w.g.data());
      },
      [](auto& w) {
        using S = typename std::remove_reference_t<decltype(w)>::S;
        for (std::size_t r = 0; r < w.n; ++r) {
          const S* x = w.x.data() + r * w.columns;
          double mean = 0, variance = 0;
          for (std::size_t c = 0; c < w.columns; ++c) mean += x[c] / double(w.columns);
          for (std::size_t c = 0; c < w.columns; ++c) variance += (x[c] - mean) * (x[c] - mean) / double(w.columns);
          for (std::size_t c = 0; c < w.columns; ++c)
            w.y.data()[r * w.columns + c] =
                static_cast<S>((x[c] - mean) / std::sqrt(variance + 1e-5)) * w.b.data()[c] + w.g.data()[c];
        }
      });
  return true;
}();

}  // namespace
