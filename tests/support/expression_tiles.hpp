#pragma once
// SPDX-License-Identifier: MIT
// Operands that lie by columns where the target lies by rows, and products that go straight into their targets, the same for
// every device.

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "support/expression_operands.hpp"

namespace odot::test {

/// x + transpose(z) and the like, of matrices [Rows, Columns].
template <class Device, class S, std::size_t Rows, std::size_t Columns>
void check_transposed(std::size_t samples) {
  using Sh = Shape<Rows, Columns>;
  using Turned = Shape<Columns, Rows>;
  const auto x = to<Device>(drawn<Sh, S>(samples, 1));
  const auto z = to<Device>(drawn<Turned, S>(samples, 2)), u = to<Device>(drawn<Turned, S>(samples, 3));
  const auto b = to<Device>(drawn<Turned, S>(4));
  const auto vx = host_values(x), vz = host_values(z), vu = host_values(u), vb = host_values(b);
  const auto of_x = [&](std::size_t n, std::size_t i, std::size_t j) {
    return static_cast<double>(vx[(n * Rows + i) * Columns + j]);
  };
  const auto turned = [&](const auto& values, std::size_t n, std::size_t i, std::size_t j) {
    return static_cast<double>(values[(n * Columns + j) * Rows + i]);
  };
  check_value<S>(transpose(z), listed<Sh>(samples, [&](auto n, auto i, auto j) { return turned(vz, n, i, j); }), 0);
  check_value<S>(x + transpose(z),
                 listed<Sh>(samples, [&](auto n, auto i, auto j) { return of_x(n, i, j) + turned(vz, n, i, j); }));
  // Two of one type, one of another; a part that occurs twice; a batch beside a tensor.
  check_value<S>(
      transpose(z) - transpose(u) * transpose(b),
      listed<Sh>(samples, [&](auto n, auto i,
                              auto j) { return turned(vz, n, i, j) - turned(vu, n, i, j) * turned(vb, 0, i, j); }),
      2);
  const auto e = exp(transpose(z) * x);
  check_value<S>(e / (1 + e),
                 listed<Sh>(samples,
                            [&](auto n, auto i, auto j) {
                              const double value = std::exp(turned(vz, n, i, j) * of_x(n, i, j));
                              return value / (1 + value);
                            }),
                 4);
  check_value<S>(
      exp(transpose(z)) - exp(transpose(u)),
      listed<Sh>(samples,
                 [&](auto n, auto i, auto j) { return std::exp(turned(vz, n, i, j)) - std::exp(turned(vu, n, i, j)); }),
      4);
  // Added, several at once, to a slice, and to elements that lie by columns themselves.
  auto y = copy(x);
  y += transpose(z);
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto i, auto j) { return of_x(n, i, j) + turned(vz, n, i, j); }));
  Batch<Sh, S, Device> p(samples), q(samples);
  assign(p, x * transpose(z), q, x - transpose(z));
  check_value<S>(p, listed<Sh>(samples, [&](auto n, auto i, auto j) { return of_x(n, i, j) * turned(vz, n, i, j); }));
  check_value<S>(q, listed<Sh>(samples, [&](auto n, auto i, auto j) { return of_x(n, i, j) - turned(vz, n, i, j); }));
  Batch<Turned, S, Device> back(samples);
  transpose(back) = 2 * transpose(z) + x;
  check_value<S>(transpose(back),
                 listed<Sh>(samples, [&](auto n, auto i, auto j) { return 2 * turned(vz, n, i, j) + of_x(n, i, j); }));
  auto in_place = copy(z);
  transpose(in_place) = transpose(in_place) * x;
  check_value<S>(transpose(in_place),
                 listed<Sh>(samples, [&](auto n, auto i, auto j) { return turned(vz, n, i, j) * of_x(n, i, j); }));
  check_value<S>(sum<1>(transpose(z) * x),
                 listed<Shape<Rows, 1>>(samples,
                                        [&](auto n, auto i, auto) {
                                          double total = 0;
                                          for (std::size_t j = 0; j < Columns; ++j)
                                            total += turned(vz, n, i, j) * of_x(n, i, j);
                                          return total;
                                        }),
                 8);
}

/// Images [C, H, W] and [H, W, C], each as the other, with the neighbours in any of the target's axes.
template <class Device, class S, std::size_t C, std::size_t H, std::size_t W>
void check_permuted(std::size_t samples) {
  const auto x = to<Device>(drawn<Shape<C, H, W>, S>(samples, 1));
  const auto z = to<Device>(drawn<Shape<H, W, C>, S>(samples, 2));
  const auto vx = host_values(x), vz = host_values(z);
  const auto of_x = [&](std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
    return static_cast<double>(vx[((n * C + c) * H + h) * W + w]);
  };
  const auto of_z = [&](std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
    return static_cast<double>(vz[((n * H + h) * W + w) * C + c]);
  };
  check_value<S>(x * permute<2, 0, 1>(z), listed<Shape<C, H, W>>(samples, [&](auto n, auto c, auto h, auto w) {
                   return of_x(n, c, h, w) * of_z(n, c, h, w);
                 }));
  check_value<S>(z - permute<1, 2, 0>(x), listed<Shape<H, W, C>>(samples, [&](auto n, auto h, auto w, auto c) {
                   return of_z(n, c, h, w) - of_x(n, c, h, w);
                 }));
  check_value<S>(permute<1, 0, 2>(z) + permute<2, 1, 0>(x),
                 listed<Shape<W, H, C>>(
                     samples, [&](auto n, auto w, auto h, auto c) { return of_z(n, c, h, w) + of_x(n, c, h, w); }));
}

/// c = a b where c is a tensor, a batch or a part of one; where c is an operand too; and c += a b.
template <class Device, class S>
void check_targets_of_products(std::size_t samples) {
  using Square = Shape<5, 5>;
  const auto a = to<Device>(drawn<Square, S>(samples, 1));
  const auto w = to<Device>(drawn<Square, S>(2));
  const auto va = host_values(a), vw = host_values(w);
  const auto product = [](const auto& left, const auto& right, bool turns, std::size_t n, std::size_t i,
                          std::size_t j) {
    double total = 0;
    for (std::size_t k = 0; k < 5; ++k)
      total +=
          static_cast<double>(left[n * 25 + (turns ? k * 5 + i : i * 5 + k)]) * static_cast<double>(right[k * 5 + j]);
    return total;
  };
  const auto aw = listed<Square>(samples, [&](auto n, auto i, auto j) { return product(va, vw, false, n, i, j); });
  Batch<Square, S, Device> c(samples);
  c = matmul(a, w);
  check_value<S>(c, aw, 4);
  c = a;
  c = matmul(c, w);
  check_value<S>(c, aw, 4);
  c = a;
  c = matmul(transpose(c), w);
  check_value<S>(c, listed<Square>(samples, [&](auto n, auto i, auto j) { return product(va, vw, true, n, i, j); }), 4);
  c = a;
  c += matmul(c, w);
  auto sums = aw;
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<double>(va[i]);
  check_value<S>(c, sums, 4);
  Tensor<Square, S, Device> t;
  t = w;
  t = matmul(t, t);
  check_value<S>(t, listed<Square>([&](auto i, auto j) { return product(vw, vw, false, 0, i, j); }), 4);
  Batch<Shape<5, 9>, S, Device> wide(samples);
  fill(wide, 3);
  slice<1, 2, 7>(wide) = matmul(a, w);
  check_value<S>(
      wide,
      listed<Shape<5, 9>>(
          samples, [&](auto n, auto i, auto j) { return j >= 2 && j < 7 ? product(va, vw, false, n, i, j - 2) : 3.0; }),
      4);
  transpose(c) = matmul(a, w);
  check_value<S>(transpose(c), aw, 4);
  const auto view = c.view();
  view = matmul(a + 1, w);
  check_value<S>(c - matmul(a, w),
                 listed<Square>(samples,
                                [&](auto, auto, auto j) {
                                  double total = 0;
                                  for (std::size_t k = 0; k < 5; ++k) total += static_cast<double>(vw[k * 5 + j]);
                                  return total;
                                }),
                 16);
}

}  // namespace odot::test
