// SPDX-License-Identifier: MIT
// Expressions: a layer's forward and backward pass.

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

const bool swish = [] {
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

}  // namespace
