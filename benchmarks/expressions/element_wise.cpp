// SPDX-License-Identifier: MIT
// Expressions: functions element by element, broadcast operands, other arrangements.

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
  return true;
}();

}  // namespace
