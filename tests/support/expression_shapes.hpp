#pragma once
// SPDX-License-Identifier: MIT
// Broadcasting, and elements that lie in another order than the target's, the same for every device and scalar.

#include <cstddef>
#include <vector>

#include "support/expression_operands.hpp"

namespace odot::test {

/// Tensors of every shape that broadcasts to [C, H, W], with each other and with a batch.
template <class Device, class S, std::size_t C, std::size_t H, std::size_t W>
void check_broadcasting(std::size_t samples) {
  CAPTURE(samples);
  using Sh = Shape<C, H, W>;
  const auto x = drawn<Sh, S>(samples, 1);
  const auto full = drawn<Sh, S>(2);
  const auto row = drawn<Shape<W>, S>(3);
  const auto channel = drawn<Shape<C, 1, 1>, S>(4);
  const auto plane = drawn<Shape<H, W>, S>(5);
  const auto column = drawn<Shape<H, 1>, S>(6);
  const auto middle = drawn<Shape<1, H, 1>, S>(7);
  const auto number = drawn<Shape<>, S>(8);
  const auto one = drawn<Shape<1, 1>, S>(9);
  const auto gates = drawn<Shape<C, 1, 1>, S>(samples, 10);
  const auto rows = drawn<Shape<W>, S>(samples, 11);
  const auto weights = drawn<Shape<>, S>(samples, 12);
  const auto dx = to<Device>(x);
  const auto dfull = to<Device>(full);
  const auto drow = to<Device>(row);
  const auto dchannel = to<Device>(channel);
  const auto dplane = to<Device>(plane);
  const auto dcolumn = to<Device>(column);
  const auto dmiddle = to<Device>(middle);
  const auto dnumber = to<Device>(number);
  const auto done = to<Device>(one);
  const auto dgates = to<Device>(gates);
  const auto drows = to<Device>(rows);
  const auto dweights = to<Device>(weights);
  const auto at = [&](std::size_t n, auto... i) { return static_cast<double>(x[n](i...)); };

  check_value<S>(dfull + drow, listed<Sh>([&](auto c, auto h, auto w) { return full(c, h, w) + row(w); }));
  check_value<S>(dfull * dchannel,
                 listed<Sh>([&](auto c, auto h, auto w) { return full(c, h, w) * channel(c, 0, 0); }));
  check_value<S>(dchannel - drow,
                 listed<Shape<C, 1, W>>([&](auto c, auto, auto w) { return channel(c, 0, 0) - row(w); }));
  check_value<S>(dcolumn + drow, listed<Shape<H, W>>([&](auto h, auto w) { return column(h, 0) + row(w); }));
  check_value<S>((dcolumn * drow) * dchannel + dmiddle, listed<Sh>([&](auto c, auto h, auto w) {
                   return double{column(h, 0)} * row(w) * channel(c, 0, 0) + middle(0, h, 0);
                 }));
  check_value<S>(dnumber + done, listed<Shape<1, 1>>([&](auto, auto) { return number() + one(0, 0); }));
  check_value<S>(dplane * dnumber - done,
                 listed<Shape<H, W>>([&](auto h, auto w) { return double{plane(h, w)} * number() - one(0, 0); }));

  check_value<S>(dx + dfull,
                 listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return at(n, c, h, w) + full(c, h, w); }));
  check_value<S>(dx * drow,
                 listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return at(n, c, h, w) * row(w); }));
  check_value<S>(dchannel * dx + dplane, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return channel(c, 0, 0) * at(n, c, h, w) + plane(h, w);
                 }));
  check_value<S>(dx - dmiddle * dnumber, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return at(n, c, h, w) - double{middle(0, h, 0)} * number();
                 }));
  check_value<S>(dx * dgates + drows, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return at(n, c, h, w) * gates[n](c, 0, 0) + rows[n](w);
                 }));
  check_value<S>(dweights * dx,
                 listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return weights[n]() * at(n, c, h, w); }));
  check_value<S>(dweights + dnumber, listed<Shape<>>(samples, [&](auto n) { return weights[n]() + number(); }));
  check_value<S>(dgates * dplane, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return double{gates[n](c, 0, 0)} * plane(h, w);
                 }));

  // Into targets that are larger than the value.
  Batch<Sh, S, Device> y(samples);
  y = drow;
  check_value<S>(y, listed<Sh>(samples, [&](auto, auto, auto, auto w) { return row(w); }));
  y = 3;
  check_value<S>(y, listed<Sh>(samples, [&](auto, auto, auto, auto) { return 3; }));
  y.view() = dgates;
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto, auto) { return gates[n](c, 0, 0); }));
  y += dchannel;
  check_value<S>(
      y, listed<Sh>(samples, [&](auto n, auto c, auto, auto) { return double{gates[n](c, 0, 0)} + channel(c, 0, 0); }));
  Tensor<Sh, S, Device> t;
  t = dcolumn;
  check_value<S>(t, listed<Sh>([&](auto, auto h, auto) { return column(h, 0); }));
}

/// Slices, transposes, permutations and reshapes, read and written.
template <class Device, class S, std::size_t C, std::size_t H, std::size_t W>
void check_arrangements(std::size_t samples) {
  CAPTURE(samples);
  using Sh = Shape<C, H, W>;
  const auto x = drawn<Sh, S>(samples, 1);
  const auto a = drawn<Sh, S>(2);
  const auto dx = to<Device>(x);
  const auto da = to<Device>(a);

  check_value<S>(transpose(da), listed<Shape<C, W, H>>([&](auto c, auto w, auto h) { return a(c, h, w); }));
  check_value<S>(permute<2, 0, 1>(da), listed<Shape<W, C, H>>([&](auto w, auto c, auto h) { return a(c, h, w); }));
  check_value<S>(permute<1, 2, 0>(dx),
                 listed<Shape<H, W, C>>(samples, [&](auto n, auto h, auto w, auto c) { return x[n](c, h, w); }));
  check_value<S>(transpose(dx) * 2,
                 listed<Shape<C, W, H>>(samples, [&](auto n, auto c, auto w, auto h) { return 2 * x[n](c, h, w); }));
  check_value<S>(transpose(transpose(dx)) + da,
                 listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return x[n](c, h, w) + a(c, h, w); }));
  check_value<S>(slice<2, 1, W>(da),
                 listed<Shape<C, H, W - 1>>([&](auto c, auto h, auto w) { return a(c, h, w + 1); }));
  check_value<S>(slice<0, 1, C>(dx) - slice<0, 0, 1>(dx),
                 listed<Shape<C - 1, H, W>>(
                     samples, [&](auto n, auto c, auto h, auto w) { return x[n](c + 1, h, w) - x[n](0, h, w); }));
  check_value<S>(slice<1, 0, 1>(slice<2, 1, 2>(dx)),
                 listed<Shape<C, 1, 1>>(samples, [&](auto n, auto c, auto, auto) { return x[n](c, 0, 1); }));
  check_value<S>(as<Shape<H, C * W>>(da),
                 listed<Shape<H, C * W>>([&](auto i, auto j) { return a.data()[i * C * W + j]; }));
  check_value<S>(as<Shape<Sh::size>>(dx),
                 listed<Shape<Sh::size>>(samples, [&](auto n, auto i) { return x[n].data()[i]; }));

  // Of what is computed first, and of elements that are not row-major.
  check_value<S>(transpose(da + 1), listed<Shape<C, W, H>>([&](auto c, auto w, auto h) { return a(c, h, w) + 1; }));
  check_value<S>(as<Shape<Sh::size>>(transpose(dx)),
                 listed<Shape<Sh::size>>(samples, [&](auto n, auto i) { return x[n](i / (W * H), i % H, i / H % W); }));
  check_value<S>(slice<1, 0, 1>(dx * dx), listed<Shape<C, 1, W>>(samples, [&](auto n, auto c, auto, auto w) {
                   return double{x[n](c, 0, w)} * x[n](c, 0, w);
                 }));
  check_value<S>(permute<2, 1, 0>(eval(da)),
                 listed<Shape<W, H, C>>([&](auto w, auto h, auto c) { return a(c, h, w); }));

  // Targets.
  const auto start = [&] { return to<Device>(drawn<Sh, S>(samples, 50)); };
  const auto before = drawn<Sh, S>(samples, 50);
  const auto b = drawn<Shape<C, W, H>, S>(samples, 3);
  const auto db = to<Device>(b);
  auto y = start();
  transpose(y) = db;
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return b[n](c, w, h); }));
  y = start();
  transpose(y) += db;
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return double{before[n](c, h, w)} + b[n](c, w, h);
                 }));
  y = start();
  slice<2, 1, W>(y) *= 3;
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return (w == 0 ? 1 : 3) * double{before[n](c, h, w)};
                 }));
  y = start();
  slice<1, 0, 1>(y) -= slice<1, H - 1, H>(dx);
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return double{before[n](c, h, w)} - (h == 0 ? x[n](c, H - 1, w) : 0);
                 }));
  y = start();
  slice<0, 0, 1>(y) /= 2;
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) {
                   return double{before[n](c, h, w)} / (c == 0 ? 2 : 1);
                 }));
  y = start();
  slice<2, 0, 1>(y) = slice<2, W - 1, W>(y);  // other elements of the same memory
  check_value<S>(
      y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return before[n](c, h, w == 0 ? W - 1 : w); }));
  y = start();
  permute<2, 0, 1>(slice<0, 0, 1>(y)) = 7;
  check_value<S>(y,
                 listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return c == 0 ? 7 : before[n](c, h, w); }));
  y = start();
  as<Shape<Sh::size>>(y) = as<Shape<Sh::size>>(dx) + 1;
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto c, auto h, auto w) { return x[n](c, h, w) + 1; }));

  check_value<S>(concat<0>(dx, slice<0, 0, 1>(da), dx),
                 listed<Shape<2 * C + 1, H, W>>(samples, [&](auto n, auto c, auto h, auto w) {
                   return c < C ? x[n](c, h, w) : c == C ? a(0, h, w) : x[n](c - C - 1, h, w);
                 }));
  check_value<S>(concat<2>(da, 2 * da), listed<Shape<C, H, 2 * W>>([&](auto c, auto h, auto w) {
                   return w < W ? a(c, h, w) : 2 * a(c, h, w - W);
                 }));
  check_value<S>(concat<1>(dx, sum<1>(da)) * 2,
                 listed<Shape<C, H + 1, W>>(samples,
                                            [&](auto n, auto c, auto h, auto w) {
                                              if (h < H) return 2 * double{x[n](c, h, w)};
                                              double total = 0;
                                              for (std::size_t i = 0; i < H; ++i) total += a(c, i, w);
                                              return 2 * total;
                                            }),
                 4);
}

/// Lengths around those of SIMD registers and of the chunks of work.
template <class Device, class S, std::size_t... F>
void check_sizes() {
  const auto check = []<std::size_t N>(Shape<N>) {
    CAPTURE(N);
    const auto a = drawn<Shape<N>, S>(1), b = drawn<Shape<N>, S>(2);
    const auto da = to<Device>(a), db = to<Device>(b);
    check_value<S>(da * db - 1, listed<Shape<N>>([&](auto i) { return double{a(i)} * b(i) - 1; }));
    for (const std::size_t samples : {0, 1, 3}) {
      const auto x = drawn<Shape<N>, S>(samples, 3);
      const auto dx = to<Device>(x);
      check_value<S>(dx * da + db,
                     listed<Shape<N>>(samples, [&](auto n, auto i) { return double{x[n](i)} * a(i) + b(i); }));
      check_value<S>(dx + dx, listed<Shape<N>>(samples, [&](auto n, auto i) { return 2 * x[n](i); }));
    }
  };
  (check(Shape<F>()), ...);
}

}  // namespace odot::test
