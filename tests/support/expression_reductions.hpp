#pragma once
// SPDX-License-Identifier: MIT
// Reductions and products inside expressions, the same for every device and scalar.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/expression_operands.hpp"

namespace odot::test {

/// Elements [..., extents] reduced over the axes in `Axes`, by an accumulation from `start` on.
template <ShapeType Sh, std::size_t... Axes, class F>
std::vector<double> reduced(const std::vector<double>& values, double start, const F& f) {
  std::vector<double> results;
  const std::size_t samples = values.size() / Sh::size;
  std::array<std::size_t, Sh::rank> extents = Sh::extents;
  ((extents[Axes] = 1), ...);
  std::size_t size = 1;
  for (const std::size_t extent : extents) size *= extent;
  results.assign(samples * size, start);
  for (std::size_t n = 0; n < samples; ++n)
    for (std::size_t i = 0; i < Sh::size; ++i) {
      std::size_t rest = i, step = 1, at = 0;
      for (std::size_t axis = Sh::rank; axis-- > 0; rest /= Sh::extents[axis]) {
        if (extents[axis] > 1) at += rest % Sh::extents[axis] * step;
        step *= extents[axis];
      }
      double& result = results[n * size + at];
      result = f(result, values[n * Sh::size + i]);
    }
  return results;
}

/// sum, mean, max and min over a choice of axes.
template <class S, ShapeType Sh, std::size_t... Axes, class A>
void check_axes(const A& a, const std::vector<double>& values) {
  const std::size_t axes[] = {Axes..., 9};
  CAPTURE(sizeof...(Axes));
  CAPTURE(axes[0]);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr std::size_t count = [] {
    std::size_t product = 1;
    ((product *= Sh::extents[Axes]), ...);
    return product;
  }();
  const auto plus = [](double x, double y) { return x + y; };
  auto sums = reduced<Sh, Axes...>(values, 0, plus);
  check_value<S>(sum<Axes...>(a), sums, 4);
  check_value<S>(max<Axes...>(a),
                 reduced<Sh, Axes...>(values, -infinity, [](double x, double y) { return std::max(x, y); }));
  check_value<S>(min<Axes...>(a),
                 reduced<Sh, Axes...>(values, infinity, [](double x, double y) { return std::min(x, y); }));
  for (double& value : sums) value /= count;
  check_value<S>(mean<Axes...>(a), sums, 4);
}

/// Over every choice of axes of a tensor and of a batch of a shape of rank 3; of elements in memory, of what is computed, of
/// other orders of elements.
template <class Device, class S, ShapeType Sh>
void check_all_axes(std::size_t samples) {
  const auto each = [](const auto& a, const std::vector<double>& values) {
    check_axes<S, Sh, 0>(a, values);
    check_axes<S, Sh, 1>(a, values);
    check_axes<S, Sh, 2>(a, values);
    check_axes<S, Sh, 0, 1>(a, values);
    check_axes<S, Sh, 0, 2>(a, values);
    check_axes<S, Sh, 1, 2>(a, values);
    check_axes<S, Sh, 2, 1, 0>(a, values);
  };
  const auto t = drawn<Sh, S>(1);
  const auto x = drawn<Sh, S>(samples, 2);
  const auto dt = to<Device>(t);
  const auto dx = to<Device>(x);
  const auto values = [](const auto& a) { return std::vector<double>(a.begin(), a.end()); };
  each(dt, values(t));
  each(dx, values(x));
  std::vector<double> squares = values(x);
  for (std::size_t i = 0; i < squares.size(); ++i) squares[i] = squares[i] * squares[i] - t.data()[i % Sh::size];
  each(square(dx) - dt, squares);
  check_value<S>(sum(dx), reduced<Sh, 0, 1, 2>(values(x), 0, [](double a, double b) { return a + b; }), 4);
  // The first axis of [W, H, C] is the last one of [C, H, W].
  check_value<S>(permute<2, 1, 0>(sum<0>(permute<2, 1, 0>(dx))),
                 reduced<Sh, 2>(values(x), 0, [](double a, double b) { return a + b; }), 4);
}

/// Reductions of reductions, beside what they reduce, and in place of what they read.
template <class Device, class S>
void check_nested_reductions(std::size_t samples) {
  using Sh = Shape<3, 5>;
  const auto z = drawn<Sh, S>(samples, 1);
  const auto dz = to<Device>(z);
  const auto largest = [&](auto n, auto i) { return double{*std::max_element(&z[n](i, 0), &z[n](i, 0) + 5)}; };
  const auto normaliser = [&](auto n, auto i) {
    double total = 0;
    for (std::size_t j = 0; j < 5; ++j) total += std::exp(z[n](i, j) - largest(n, i));
    return total;
  };
  const auto softmax = [&](auto n, auto i, auto j) { return std::exp(z[n](i, j) - largest(n, i)) / normaliser(n, i); };
  const auto e = eval(exp(dz - max<1>(dz)));
  check_value<S>(e / sum<1>(e), listed<Sh>(samples, softmax), 2);
  check_value<S>(exp(dz - max<1>(dz)) / sum<1>(exp(dz - max<1>(dz))), listed<Sh>(samples, softmax), 2);
  auto y = to<Device>(z);
  y = y - max<1>(y) - log(sum<1>(exp(y - max<1>(y))));
  check_value<S>(y, listed<Sh>(samples, [&](auto n, auto i, auto j) { return std::log(softmax(n, i, j)); }), 4);
  const auto deviation = sqrt(mean(square(dz - mean(dz))) + 1e-3);
  check_value<S>(deviation,
                 listed<Shape<1, 1>>(samples,
                                     [&](auto n, auto, auto) {
                                       double mean_of_z = 0, squares = 0;
                                       for (std::size_t i = 0; i < 15; ++i) mean_of_z += z[n].data()[i] / 15.0;
                                       for (std::size_t i = 0; i < 15; ++i)
                                         squares += std::pow(z[n].data()[i] - mean_of_z, 2);
                                       return std::sqrt(squares / 15 + 1e-3);
                                     }),
                 4);
  // Straight into a target, replacing and adding.
  Batch<Shape<3, 1>, S, Device> sums(samples);
  sums = 1;
  sums += sum<1>(dz);
  check_value<S>(sums,
                 listed<Shape<3, 1>>(samples,
                                     [&](auto n, auto i, auto) {
                                       double total = 1;
                                       for (std::size_t j = 0; j < 5; ++j) total += z[n](i, j);
                                       return total;
                                     }),
                 4);
}

/// Sums over samples, so many that they are cut into chunks.
template <class Device, class S, ShapeType Sh>
void check_batch_sums(std::size_t samples) {
  CAPTURE(samples);
  const auto x = drawn<Sh, S>(samples, 1);
  const auto dx = to<Device>(x);
  const auto total = [&](const auto& f) {
    std::vector<double> sums(Sh::size);
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t i = 0; i < Sh::size; ++i) sums[i] += f(double{x[n].data()[i]});
    return sums;
  };
  const double size = static_cast<double>(samples) * 0.1 + 4;  // of the sums, in roundings
  check_value<S>(batch_sum(dx), total([](double v) { return v; }), size);
  check_value<S>(batch_sum(dx * dx + 1), total([](double v) { return v * v + 1; }), size);
  Tensor<Sh, S, Device> db;
  db = 2;
  db += batch_sum(-dx);
  check_value<S>(db - 2, total([](double v) { return -v; }), size + 4);
  if (samples > 0) {
    const double count = static_cast<double>(samples);
    check_value<S>(batch_mean(dx), total([&](double v) { return v / count; }), 4);
  }
  check_value<S>(batch_sum(sum(dx)),
                 reduced<Sh, 0, 1>(total([](double v) { return v; }), 0, [](double a, double b) { return a + b; }),
                 size * 4);
}

/// Long sums: 0.1, which no binary number is, over each axis and over samples. As exact as the sum of a few.
template <class Device, class S>
void check_long_sums() {
  constexpr std::size_t length = 400'000;
  const double tolerance = 4 * rounding<S>;
  const auto near = [&](const auto& a) {
    for (const auto value : host_values(a))
      CHECK(std::abs(static_cast<double>(value) / (length * static_cast<double>(S{0.1f})) - 1) <= tolerance);
  };
  const auto filled = [](auto tensor) {
    tensor = S{0.1f};
    return tensor;
  };
  near(sum<1>(filled(Tensor<Shape<2, length>, S, Device>())));
  near(sum<0>(filled(Tensor<Shape<length, 2>, S, Device>())));
  near(sum<1>(filled(Tensor<Shape<2, length, 2>, S, Device>())));
  near(sum<0>(filled(Batch<Shape<length, 2>, S, Device>(2))));
  near(batch_sum(filled(Batch<Shape<2>, S, Device>(length))));
}

/// NaN and infinities where they are reduced.
template <class Device, class S>
void check_reductions_of_no_numbers() {
  constexpr S nan = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  constexpr double no = std::numeric_limits<double>::quiet_NaN(), endless = std::numeric_limits<double>::infinity();
  constexpr std::size_t F = 37;
  for (const std::size_t at : {0, 1, 16, 35, 36}) {
    CAPTURE(at);
    Tensor<Shape<3, F, 1>, S> t;
    t = -1;
    t(0, at, 0) = nan, t(1, at, 0) = infinity, t(2, at, 0) = -infinity;
    const auto along_row = to<Device>(t);
    const auto along_middle = concat<2>(along_row, along_row);
    const std::vector<double> sums{no, endless, -endless}, largest{no, endless, -1}, smallest{no, -1, -endless};
    const auto twice = [](const std::vector<double>& v) {
      return std::vector<double>{v[0], v[0], v[1], v[1], v[2], v[2]};
    };
    check_value<S>(sum<1>(along_row), sums);
    check_value<S>(max<1>(along_row), largest);
    check_value<S>(min<1>(along_row), smallest);
    check_value<S>(sum<1>(along_middle), twice(sums));
    check_value<S>(max<1>(along_middle), twice(largest));
    check_value<S>(min<1>(along_middle), twice(smallest));
    check_value<S>(max<0>(transpose(as<Shape<3, F>>(along_row))), largest);
  }
}

/// Products of matrices in every order of their elements, of tensors and batches.
template <class Device, class S, std::size_t M, std::size_t K, std::size_t N>
void check_products(std::size_t samples) {
  const auto a = drawn<Shape<M, K>, S>(1), at = drawn<Shape<M, K>, S>(1);
  const auto b = drawn<Shape<K, N>, S>(2);
  const auto x = drawn<Shape<M, K>, S>(samples, 3);
  const auto y = drawn<Shape<K, N>, S>(samples, 4);
  const auto da = to<Device>(a);
  const auto db = to<Device>(b);
  const auto dx = to<Device>(x);
  const auto dy = to<Device>(y);
  const auto da_turned = eval(transpose(da));
  const auto db_turned = eval(transpose(db));
  const auto dx_turned = eval(transpose(dx));
  const auto dy_turned = eval(transpose(dy));
  using C = Shape<M, N>;
  const auto dot = [](const auto& left, const auto& right, auto i, auto j) {
    double total = 0;
    for (std::size_t k = 0; k < K; ++k) total += double{left(i, k)} * right(k, j);
    return total;
  };
  const auto ab = listed<C>([&](auto i, auto j) { return dot(a, b, i, j); });
  check_value<S>(matmul(da, db), ab, 4);
  check_value<S>(matmul(transpose(da_turned), db), ab, 4);
  check_value<S>(matmul(da, transpose(db_turned)), ab, 4);
  check_value<S>(matmul(transpose(da_turned), transpose(db_turned)), ab, 4);
  check_value<S>(transpose(matmul(transpose(db), transpose(da))), ab, 4);
  const auto xy = listed<C>(samples, [&](auto n, auto i, auto j) { return dot(x[n], y[n], i, j); });
  check_value<S>(matmul(dx, dy), xy, 4);
  check_value<S>(matmul(transpose(dx_turned), dy), xy, 4);
  check_value<S>(matmul(dx, transpose(dy_turned)), xy, 4);
  check_value<S>(matmul(transpose(dx_turned), transpose(dy_turned)), xy, 4);
  check_value<S>(matmul(dx, db), listed<C>(samples, [&](auto n, auto i, auto j) { return dot(x[n], b, i, j); }), 4);
  check_value<S>(matmul(dx, transpose(db_turned)),
                 listed<C>(samples, [&](auto n, auto i, auto j) { return dot(x[n], b, i, j); }), 4);
  check_value<S>(matmul(transpose(dx_turned), db),
                 listed<C>(samples, [&](auto n, auto i, auto j) { return dot(x[n], b, i, j); }), 4);
  check_value<S>(matmul(da, dy), listed<C>(samples, [&](auto n, auto i, auto j) { return dot(a, y[n], i, j); }), 4);
  // Inside an expression; of expressions, slices and what is not row-major in either way.
  check_value<S>(2 * matmul(da + da, db) + 1, listed<C>([&](auto i, auto j) { return 4 * dot(a, b, i, j) + 1; }), 8);
  check_value<S>(matmul(slice<0, 1, M>(da), slice<1, 1, N>(db)),
                 listed<Shape<M - 1, N - 1>>([&](auto i, auto j) { return dot(a, b, i + 1, j + 1); }), 4);
  check_value<S>(matmul(slice<1, 0, K>(concat<1>(dx, dx)), db),
                 listed<C>(samples, [&](auto n, auto i, auto j) { return dot(x[n], b, i, j); }), 4);
  const auto wide = eval(concat<1>(dx, dx));
  check_value<S>(matmul(slice<1, K, 2 * K>(wide), db),
                 listed<C>(samples, [&](auto n, auto i, auto j) { return dot(x[n], b, i, j); }), 4);
  check_value<S>(matmul(as<Shape<M, K>>(permute<2, 0, 1>(as<Shape<M, K, 1>>(da))), db),
                 listed<C>([&](auto i, auto j) { return dot(a, b, i, j); }), 4);
  // A product may be written over what it reads.
  auto square = to<Device>(drawn<Shape<K, K>, S>(5));
  const auto before = drawn<Shape<K, K>, S>(5);
  square = matmul(square, square);
  check_value<S>(square, listed<Shape<K, K>>([&](auto i, auto j) { return dot(before, before, i, j); }), 4);
}

/// Where the largest element is: ties, NaN, along each axis; as numbers in an expression.
template <class Device, class S>
void check_argmax(std::size_t samples) {
  constexpr S nan = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  const Tensor<Shape<8, 4>, S> rows{
      1, 3, 2, 3, nan, 1, 2,        3,   1,  2,  nan, nan,  -infinity, -infinity, -infinity, -infinity,
      4, 4, 4, 4, 0,   1, infinity, nan, -1, -2, -3,  -0.5, infinity,  1,         infinity,  0};
  const std::vector<double> places{1, 0, 2, 0, 0, 3, 3, 0};
  const auto on_device = to<Device>(rows);
  CHECK(off(host_values(argmax<1>(on_device)), places, 0) == "");
  CHECK(off(host_values(argmax<0>(transpose(on_device))), places, 0) == "");
  using Sh = Shape<3, 5, 19>;
  const auto x = drawn<Sh, S>(samples, 1);
  const auto dx = to<Device>(x);
  const auto check = [&]<std::size_t Axis>(std::integral_constant<std::size_t, Axis>) {
    constexpr std::size_t length = Sh::extents[Axis];
    const std::vector<std::int32_t> found = host_values(argmax<Axis>(dx));
    const auto largest = host_values(max<Axis>(dx));
    REQUIRE(found.size() == largest.size());
    std::size_t after = 1;
    for (std::size_t axis = Axis + 1; axis < 3; ++axis) after *= Sh::extents[axis];
    for (std::size_t i = 0; i < found.size(); ++i) {
      REQUIRE(found[i] >= 0);
      REQUIRE(static_cast<std::size_t>(found[i]) < length);
      CHECK(x.data()[(i / after * length + static_cast<std::size_t>(found[i])) * after + i % after] == largest[i]);
    }
  };
  check(std::integral_constant<std::size_t, 0>());
  check(std::integral_constant<std::size_t, 1>());
  check(std::integral_constant<std::size_t, 2>());
  const Tensor<Shape<8, 1>, std::int32_t> labels{1, 0, 0, 0, 1, 3, 3, 3};
  const auto dlabels = to<Device>(labels);
  check_value<S>(mean(cast<S>(argmax<1>(on_device)) == cast<S>(dlabels)), {5.0 / 8});
  check_value<S>(mean(cast<S>(argmax<1>(on_device) == dlabels)), {5.0 / 8});
}

/// Other scalars.
template <class Device>
void check_casts() {
  const auto a = drawn<Shape<3, 21>, float>(1);
  const auto da = to<Device>(a);
  const auto same = listed<Shape<3, 21>>([&](auto i, auto j) { return a(i, j); });
  check_value<double>(cast<double>(da), same);
  check_value<double>(cast<double>(da) * 3 + cast<double>(2 * da),
                      listed<Shape<3, 21>>([&](auto i, auto j) { return 5 * double{a(i, j)}; }), 1e8);
  check_value<float>(cast<float>(cast<double>(da)), same);
  check_value<float>(sum<1>(cast<float>(transpose(cast<double>(da)))),
                     reduced<Shape<3, 21>, 0>(same, 0, [](double x, double y) { return x + y; }));
  CHECK(off(host_values(cast<std::int32_t>(da * 10)),
            listed<Shape<3, 21>>([&](auto i, auto j) { return static_cast<std::int32_t>(a(i, j) * 10); }), 0) == "");
  const Tensor<Shape<4>, std::uint8_t> bytes{0, 1, 128, 255};
  const auto dbytes = to<Device>(bytes);
  check_value<float>(cast<float>(dbytes) / 255, {0, 1 / 255.0, 128 / 255.0, 1});
  check_value<double>(cast<double>(dbytes) - 1, {-1, 0, 127, 254});
  const Tensor<Shape<2, 3>, std::int32_t> counts{-5, -7, -6, 2, 9, 4};
  const auto dcounts = to<Device>(counts);
  CHECK(off(host_values(dcounts + 2 * dcounts), {-15, -21, -18, 6, 27, 12}, 0) == "");
  CHECK(off(host_values(max<1>(dcounts)), {-5, 9}, 0) == "");
  CHECK(off(host_values(min<1>(dcounts)), {-7, 2}, 0) == "");
  CHECK(off(host_values(sum<1>(dcounts)), {-18, 15}, 0) == "");
}

}  // namespace odot::test
