#pragma once
// SPDX-License-Identifier: MIT
// Assignments, several at once, targets that share memory with operands, and the errors; the same for every device.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/current_workspace.hpp"
#include "odot/core/error.hpp"
#include "support/expression_operands.hpp"

namespace odot::test {

/// = += −= ×= ÷= of tensors, batches and views, by numbers, tensors and expressions.
template <class Device, class S>
void check_operators_of_assignment() {
  using Sh = Shape<3, 7>;
  const auto a = drawn<Sh, S>(1);
  const auto x = drawn<Sh, S>(4, 2);
  const auto start = drawn<Sh, S>(4, 3);
  const auto da = to<Device>(a);
  const auto dx = to<Device>(x);
  const auto check = [&](const auto& change, const auto& expected) {
    auto batch = to<Device>(start);
    change(batch);
    const auto values = listed<Sh>(4, [&](auto n, auto i, auto j) {
      return expected(double{start[n](i, j)}, double{x[n](i, j)}, double{a(i, j)});
    });
    check_value<S>(batch, values, 4);
    auto other = to<Device>(start);
    const auto view = other.view();
    change(view);
    check_value<S>(other, values, 4);
  };
  check([&](auto& y) { y = dx; }, [](double, double u, double) { return u; });
  check([&](auto& y) { y = dx.view(); }, [](double, double u, double) { return u; });
  check([&](auto& y) { y = dx * da; }, [](double, double u, double c) { return u * c; });
  check([&](auto& y) { y += dx; }, [](double y, double u, double) { return y + u; });
  check([&](auto& y) { y += y * dx; }, [](double y, double u, double) { return y + y * u; });
  check([&](auto& y) { y -= da; }, [](double y, double, double c) { return y - c; });
  check([&](auto& y) { y -= eval(dx + 1); }, [](double y, double u, double) { return y - u - 1; });
  check([&](auto& y) { y *= 3; }, [](double y, double, double) { return y * 3; });
  check([&](auto& y) { y *= dx - da; }, [](double y, double u, double c) { return y * (u - c); });
  check([&](auto& y) { y /= da + 2; }, [](double y, double, double c) { return y / (c + 2); });
  check([&](auto& y) { y /= 4; }, [](double y, double, double) { return y / 4; });
  check([&](auto& y) { fill(y, -0.5); }, [](double, double, double) { return -0.5; });
  check(
      [&](auto& y) {
        const auto& same = y;
        y = same;
      },
      [](double y, double, double) { return y; });

  auto tensor = copy(da);
  tensor += da;
  tensor -= 1;
  tensor *= tensor;
  tensor /= 2;
  check_value<S>(
      tensor, listed<Sh>([&](auto i, auto j) { return (2 * double{a(i, j)} - 1) * (2 * double{a(i, j)} - 1) / 2; }), 4);
  fill(tensor.view(), 2);
  check_value<S>(tensor, listed<Sh>([&](auto, auto) { return 2; }));
  tensor = da.view();
  check_value<S>(tensor, listed<Sh>([&](auto i, auto j) { return a(i, j); }));

  // Views of one type copy elements; rebind makes a view one of others.
  auto first = to<Device>(a);
  auto second = copy(first + 1);
  auto view = first.view();
  view = second.view();
  check_value<S>(first, listed<Sh>([&](auto i, auto j) { return a(i, j) + 1; }));
  view.rebind(second.view());
  CHECK(view.data() == second.data());
  view = 5;
  check_value<S>(first, listed<Sh>([&](auto i, auto j) { return a(i, j) + 1; }));
}

/// A batch becomes as many samples as what it is assigned, though that may read the batch.
template <class Device, class S>
void check_batches_that_grow() {
  const auto x = drawn<Shape<300>, S>(2, 1);
  const auto longer = drawn<Shape<300>, S>(9, 2);
  auto y = to<Device>(x);
  y = to<Device>(longer) + batch_sum(y);
  CHECK(y.samples() == 9);
  check_value<S>(y, listed<Shape<300>>(9, [&](auto n, auto i) { return double{longer[n](i)} + x[0](i) + x[1](i); }), 4);
  y = to<Device>(x) - batch_mean(y) * 0;
  CHECK(y.samples() == 2);
  check_value<S>(y, listed<Shape<300>>(2, [&](auto n, auto i) { return x[n](i); }), 4);
  Batch<Shape<300>, S, Device> from_nothing;
  from_nothing = y * 2;
  CHECK(from_nothing.samples() == 2);
  const Batch<Shape<300>, S, Device> made = y * 2;
  check_value<S>(made, host_values(from_nothing).empty()
                           ? std::vector<double>()
                           : listed<Shape<300>>(2, [&](auto n, auto i) { return 2 * x[n](i); }));
}

/// Zero samples, and the empty views that stand for gradients that nobody wants.
template <class Device, class S>
void check_nothing() {
  using Sh = Shape<2, 3>;
  const auto a = to<Device>(drawn<Sh, S>(1));
  const Batch<Sh, S, Device> none;
  const Batch<Sh, S, Device> none_of_some = eval(none * a + none);
  CHECK(none_of_some.samples() == 0);
  Batch<Sh, S, Device> y;
  y = none + 1;
  y += none;
  CHECK(y.samples() == 0);
  CHECK(host_values(sum<1>(none)).empty());
  CHECK(host_values(transpose(none * 2)).empty());
  CHECK(host_values(concat<1>(none, a, none)).empty());
  CHECK(host_values(matmul(none, transpose(a))).empty());
  CHECK(host_values(argmax<1>(none)).empty());
  check_value<S>(batch_sum(none * a) + 1, std::vector<double>(6, 1));
  auto db = to<Device>(drawn<Sh, S>(2));
  const std::vector<S> before = host_values(db);
  db += batch_sum(none);
  CHECK(host_values(db) == before);
  const auto x = to<Device>(drawn<Sh, S>(4, 3));
  const BatchView<Sh, S, Device> nobody;
  nobody = x * a;
  nobody += x;
  nobody = 1;
  TensorView<Sh, S, Device>() = a + a;
  assign(nobody, x * a, TensorView<Sh, S, Device>(), batch_sum(x));
  CHECK(host_values(db) == before);
}

/// What a backward needs: gradients of the input and of parameters at once.
template <class Device, class S, ShapeType Sh>
void check_several_at_once(std::size_t samples) {
  CAPTURE(samples);
  CAPTURE(Sh::to_string());
  const auto x = drawn<Sh, S>(samples, 1), dy = drawn<Sh, S>(samples, 2);
  const auto b = drawn<Sh, S>(3);
  const auto on_x = to<Device>(x), on_dy = to<Device>(dy);
  const auto on_b = to<Device>(b);
  const auto total = [&](const auto& f) {
    return listed<Sh>([&](auto... i) {
      double sum = 0;
      for (std::size_t n = 0; n < samples; ++n) sum += f(n, i...);
      return sum;
    });
  };
  const auto dx_expected = listed<Sh>(samples, [&](auto n, auto... i) { return double{dy[n](i...)} * b(i...); });
  const auto db_expected = total([&](auto n, auto... i) { return double{dy[n](i...)} * x[n](i...); });
  const auto dc_expected = total([&](auto n, auto... i) { return double{dy[n](i...)}; });
  const double roundings = 4 + static_cast<double>(samples) / 10;
  for (const bool with_dx : {true, false}) {
    CAPTURE(with_dx);
    Batch<Sh, S, Device> dx(samples);
    Tensor<Sh, S, Device> db, dc;
    db = 1;
    dc = 9;
    const BatchView<Sh, S, Device> target = with_dx ? dx.view() : BatchView<Sh, S, Device>();
    assign(target, on_dy * on_b, added_to(db), batch_sum(on_dy * on_x), dc, batch_sum(on_dy));
    if (with_dx) check_value<S>(dx, dx_expected);
    check_value<S>(db - 1, db_expected, roundings);
    check_value<S>(dc, dc_expected, roundings);
    // The gradient may take the place of the one it is made from.
    auto in_place = to<Device>(dy);
    const auto place = in_place.view();
    db = 0;
    assign(added_to(db), batch_sum(place * on_x), with_dx ? place : BatchView<Sh, S, Device>(), place * on_b);
    if (with_dx) check_value<S>(in_place, dx_expected);
    check_value<S>(db, db_expected, roundings);
  }
}

/// Every right side is taken before anything is stored, be it in one pass or not, or refused.
template <class Device, class S>
void check_exchanges() {
  using Sh = Shape<3, 11>;
  const auto a = drawn<Sh, S>(1), b = drawn<Sh, S>(2);
  auto x = to<Device>(a), y = to<Device>(b);
  assign(x, y, y, x);
  check_value<S>(x, listed<Sh>([&](auto i, auto j) { return b(i, j); }));
  check_value<S>(y, listed<Sh>([&](auto i, auto j) { return a(i, j); }));
  TensorView<Sh, S, Device> empty;
  assign(x, y, empty, x + 1, y, x);  // beside an empty target too
  check_value<S>(x, listed<Sh>([&](auto i, auto j) { return a(i, j); }));
  check_value<S>(y, listed<Sh>([&](auto i, auto j) { return b(i, j); }));
  assign(added_to(x), y, y, 2);
  check_value<S>(x, listed<Sh>([&](auto i, auto j) { return double{a(i, j)} + b(i, j); }));
  check_value<S>(y, listed<Sh>([&](auto, auto) { return 2; }));

  // Of several shapes, one after the other; what that would spoil is refused.
  Tensor<Shape<1, 11>, S, Device> sums;
  x = to<Device>(a);
  assign(y, x + 1, sums, sum<0>(x));
  check_value<S>(y, listed<Sh>([&](auto i, auto j) { return a(i, j) + 1; }));
  check_value<S>(sums, listed<Shape<1, 11>>([&](auto, auto j) { return double{a(0, j)} + a(1, j) + a(2, j); }), 4);
  CHECK_THROWS_WITH_AS(assign(sums, max<0>(x), y, x - sums),
                       doctest::Contains("a right side reads what an earlier one"), ArgumentError);
  assign(sums, max<0>(x), y, eval(x - sums));
  CHECK_THROWS_WITH_AS(assign(x, y, x, y + 1), doctest::Contains("two of the targets share elements"), ArgumentError);

  // Halves of one tensor are two targets. Transposed targets with sums over samples are no single pass.
  const auto z = drawn<Shape<4, 6>, S>(5, 7);
  const auto on_z = to<Device>(z);
  Batch<Shape<4, 12>, S, Device> halves(5);
  assign(slice<1, 0, 6>(halves), on_z, slice<1, 6, 12>(halves), -on_z);
  check_value<S>(halves,
                 listed<Shape<4, 12>>(5, [&](auto n, auto i, auto j) { return j < 6 ? z[n](i, j) : -z[n](i, j - 6); }));
  Batch<Shape<6, 4>, S, Device> turned(5);
  Tensor<Shape<4, 6>, S, Device> all;
  assign(transpose(turned), on_z * 2, all, batch_sum(on_z));
  check_value<S>(turned, listed<Shape<6, 4>>(5, [&](auto n, auto i, auto j) { return 2 * z[n](j, i); }));
  check_value<S>(all, listed<Shape<4, 6>>([&](auto i, auto j) {
                   double total = 0;
                   for (std::size_t n = 0; n < 5; ++n) total += z[n](i, j);
                   return total;
                 }),
                 4);
}

/// A target that shares memory with an operand: right, or refused.
template <class Device, class S>
void check_overlap() {
  const auto refuses = [](const auto& action) {
    CHECK_THROWS_WITH_AS(action(), doctest::Contains("share memory, but not element by element; write eval("),
                         ArgumentError);
  };
  using Sh = Shape<4, 4>;
  const auto a = drawn<Sh, S>(1);
  const auto x = drawn<Sh, S>(6, 2);
  auto y = to<Device>(a);
  auto batch = to<Device>(x);
  refuses([&] { y = transpose(y); });
  refuses([&] { y = y + transpose(y); });
  refuses([&] { y.view() = slice<0, 0, 1>(y); });
  refuses([&] { y = y * as<Shape<4>>(slice<0, 1, 2>(y)); });
  refuses([&] { slice<0, 0, 3>(y) = slice<0, 1, 4>(y); });
  refuses([&] { batch.view().subbatch(1, 5) = batch.view().subbatch(0, 5); });
  refuses([&] { batch = batch + batch[2]; });
  refuses([&] { batch[1] = transpose(batch[1]); });
  check_value<S>(y, listed<Sh>([&](auto i, auto j) { return a(i, j); }));
  check_value<S>(batch, listed<Sh>(6, [&](auto n, auto i, auto j) { return x[n](i, j); }));

  y = eval(y + transpose(y));
  check_value<S>(y, listed<Sh>([&](auto i, auto j) { return double{a(i, j)} + a(j, i); }));
  y = to<Device>(a);
  y = y + sum<0>(y);  // sums are taken first
  check_value<S>(y, listed<Sh>([&](auto i, auto j) { return double{a(i, j)} + a(0, j) + a(1, j) + a(2, j) + a(3, j); }),
                 4);
  batch = batch + eval(batch[2]);
  check_value<S>(batch, listed<Sh>(6, [&](auto n, auto i, auto j) { return double{x[n](i, j)} + x[2](i, j); }));
  batch = to<Device>(x);
  batch.view().subbatch(0, 3) += batch.view().subbatch(3, 3);
  check_value<S>(
      batch, listed<Sh>(6, [&](auto n, auto i, auto j) { return double{x[n](i, j)} + (n < 3 ? x[n + 3](i, j) : 0); }));
}

/// Numbers of samples that differ, and operands that are empty views, with both numbers.
template <class Device, class S>
void check_samples() {
  using Sh = Shape<2, 3>;
  const auto three = to<Device>(drawn<Sh, S>(3, 1));
  const auto four = to<Device>(drawn<Sh, S>(4, 2));
  Batch<Sh, S, Device> y(4);
  CHECK_THROWS_WITH_AS(y.view() = three, doctest::Contains("3 samples can't be assigned to a batch of 4 × [2, 3]"),
                       ArgumentError);
  CHECK_THROWS_WITH_AS(y.view() = three + four, doctest::Contains("batches of 4 and of 3 samples"), ArgumentError);
  CHECK_THROWS_WITH_AS(eval(sum<1>(three * four)), doctest::Contains("batches of 4 and of 3 samples"), ArgumentError);
  CHECK_THROWS_WITH_AS(eval(batch_sum(three * four)), doctest::Contains("batches of 4 and of 3 samples"),
                       ArgumentError);
  CHECK_THROWS_AS(eval(matmul(three, transpose(four))), ArgumentError);
  CHECK_THROWS_AS(eval(concat<0>(three, four)), ArgumentError);
  CHECK_THROWS_AS((Batch<Sh, S, Device>(three + four)), ArgumentError);
  Tensor<Sh, S, Device> db;
  CHECK_THROWS_WITH_AS(assign(y, three * 2, db, batch_sum(three)),
                       doctest::Contains("3 samples can't be assigned to a batch of 4"), ArgumentError);
  CHECK_THROWS_AS(assign(y, four * 2, db, batch_sum(three)), ArgumentError);
  const TensorView<Sh, S, Device> bias;
  CHECK_THROWS_WITH_AS(y.view() = four + bias, doctest::Contains("operand [2, 3] of an expression is an empty view"),
                       ArgumentError);
}

/// Bits do not depend on threads, nor on where a sample lies in its batch.
template <class Device, class S>
void check_bits() {
  using Sh = Shape<7, 31>;
  constexpr std::size_t samples = 700;
  const auto x = to<Device>(drawn<Sh, S>(samples, 1));
  const auto b = to<Device>(drawn<Shape<31>, S>(2));
  const auto long_row = to<Device>(drawn<Shape<100'003>, S>(3));
  const auto w = to<Device>(drawn<Shape<31, 5>, S>(4));
  const auto results = [&](int threads) {
    Workspace<Device> workspace(threads);
    const WorkspaceScope scope(workspace);
    std::vector<std::vector<S>> all;
    all.push_back(host_values(x * sigmoid(b * x) + tanh(x)));
    all.push_back(host_values(exp(x - max<1>(x)) / sum<1>(exp(x - max<1>(x)))));
    all.push_back(host_values(sum<0>(x)));
    all.push_back(host_values(batch_sum(x * x)));
    all.push_back(host_values(sum(long_row)));
    all.push_back(host_values(log1p(square(long_row))));
    all.push_back(host_values(matmul(x, w)));
    Batch<Sh, S, Device> dx(samples);
    Tensor<Sh, S, Device> db;
    assign(dx, x * b, db, batch_sum(x + b));
    all.push_back(host_values(dx));
    all.push_back(host_values(db));
    return all;
  };
  const auto on_one = results(1);
  for (const int threads : {2, 3, 8}) {
    CAPTURE(threads);
    CHECK(results(threads) == on_one);
  }
  for (const std::size_t first : {1, 2, 3, 5, 350}) {
    CAPTURE(first);
    const auto part = x.view().subbatch(first, 20);
    const auto same = [&](const auto& values, const std::vector<S>& whole) {
      const std::size_t size = whole.size() / samples;
      const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(first * size);
      CHECK(host_values(values) == std::vector<S>(begin, begin + static_cast<std::ptrdiff_t>(20 * size)));
    };
    same(part * sigmoid(b * part) + tanh(part), on_one[0]);
    same(exp(part - max<1>(part)) / sum<1>(exp(part - max<1>(part))), on_one[1]);
    same(sum<0>(part), on_one[2]);
  }
}

/// The second time, nothing is taken from the workspace that it does not have, and nothing is counted by `allocations`.
template <class Device, class S, class Count>
void check_allocates_nothing(const Count& allocations) {
  using Sh = Shape<6, 40>;
  Workspace<Device> workspace(1);
  const WorkspaceScope scope(workspace);
  const auto x = to<Device>(drawn<Sh, S>(30, 1)), dy = to<Device>(drawn<Sh, S>(30, 2));
  const auto b = to<Device>(drawn<Sh, S>(3));
  const auto c = to<Device>(drawn<Shape<40, 6>, S>(4));
  Batch<Sh, S, Device> y(30);
  Tensor<Sh, S, Device> db;
  Batch<Shape<6, 6>, S, Device> m(30);
  Batch<Shape<6, 1>, std::int32_t, Device> at(30);
  const auto step = [&] {
    y = x * sigmoid(b * x);
    y -= max<1>(y) + log(sum<1>(exp(y - max<1>(y))));
    y = transpose(transpose(x + 1) * 2);
    m = matmul(y, c) + 1;
    at = argmax<1>(x);
    y = concat<0>(slice<0, 3, 6>(x), slice<0, 0, 3>(y));
    assign(y, dy * b, added_to(db), batch_sum(dy * x));
    db = db / mean(square(db));
  };
  step();
  const std::size_t bytes = workspace.capacity(), calls = allocations();
  for (int i = 0; i < 3; ++i) step();
  CHECK(allocations() == calls);
  CHECK(workspace.capacity() == bytes);
  CHECK(bytes > 0);
}

}  // namespace odot::test
