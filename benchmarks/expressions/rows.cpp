// SPDX-License-Identifier: MIT
// Expressions: rows that are read more than once.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/odot.hpp"
#include "support/expressions.hpp"

using namespace odot;
using namespace odot::benchmarks;

namespace {

template <ShapeType Map, class Ours>
void add_softmax(const std::string& op, const std::string& shape, std::size_t samples, Ours ours) {
  add<Map>(
      op, shape, samples, 2, ours,
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
  const auto at_once = [](auto& w) {
    const auto e = exp(w.x - max<0>(w.x));
    w.y = e * (1 / sum<0>(e));
  };
  const auto in_two = [](auto& w) {
    w.y = exp(w.x - max<0>(w.x));
    w.y *= 1 / sum<0>(w.y);
  };
  add_softmax<Shape<10>>("softmax/rows", "10", 4096, at_once);
  add_softmax<Shape<256>>("softmax/rows", "256", 256, at_once);
  add_softmax<Shape<10>>("softmax_in_two/rows", "10", 4096, in_two);
  add_softmax<Shape<256>>("softmax_in_two/rows", "256", 256, in_two);

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
