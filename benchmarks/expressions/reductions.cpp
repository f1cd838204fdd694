// SPDX-License-Identifier: MIT
// Expressions: sums over rows, samples and all elements.

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

}  // namespace
