// SPDX-License-Identifier: MIT
#include "odot/kernels/products/multiply.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
using kernels::Product;
using kernels::Strided;
namespace products = kernels::products;

namespace {

enum class Order { rows, columns, gaps };

/// A matrix inside larger memory, in one of three orders.
template <class S>
struct Matrix {
  std::size_t rows, columns;
  Order order;
  std::vector<S> numbers;

  Matrix(std::size_t r, std::size_t c, Order o, std::uint64_t seed) : rows(r), columns(c), order(o) {
    for (const double value : hash_uniform((r + 3) * (c + 3) * 2, seed)) numbers.push_back(static_cast<S>(value));
  }
  template <class T>
  Strided<T> at(T* data) const {
    if (order == Order::rows) return {data, columns + 3, 1};
    if (order == Order::columns) return {data, 1, rows + 3};
    return {data, 2 * columns + 1, 2};
  }
  Strided<const S> view() const { return at<const S>(numbers.data()); }
  Strided<S> view() { return at<S>(numbers.data()); }
  S operator()(std::size_t i, std::size_t j) const { return *view().from(i, j).data; }
};

/// C before and after, A and B.
template <class S>
struct Problem {
  Matrix<S> a, b, c;
  std::vector<S> bias;
  bool by_row = false, add = false;

  Problem(std::size_t rows, std::size_t columns, std::size_t terms, Order of_a, Order of_b, Order of_c)
      : a(rows, terms, of_a, 1), b(terms, columns, of_b, 100'000), c(rows, columns, of_c, 200'000) {}

  Product<S> product() {
    return {.rows = a.rows,
            .columns = b.columns,
            .terms = a.columns,
            .a = std::as_const(a).view(),
            .b = std::as_const(b).view(),
            .c = c.view(),
            .bias = bias.empty() ? nullptr : bias.data(),
            .bias_by_row = by_row,
            .add = add};
  }
  /// C as it must be afterwards, including the gaps and the memory around it.
  std::vector<S> expected() const {
    Matrix<S> result = c;
    for (std::size_t i = 0; i < a.rows; ++i)
      for (std::size_t j = 0; j < b.columns; ++j) {
        double sum = add ? static_cast<double>(c(i, j)) : 0;
        if (!bias.empty()) sum += static_cast<double>(bias[by_row ? i : j]);
        for (std::size_t k = 0; k < a.columns; ++k) sum += static_cast<double>(a(i, k)) * static_cast<double>(b(k, j));
        *result.view().from(i, j).data = static_cast<S>(sum);
      }
    return result.numbers;
  }
};

template <class S>
void multiply_in(products::Way way, Product<S> p) {
  products::PlannedProduct<S> planned(p);
  planned.way = way;
  planned.product = products::is_transposed(way) ? p.transposed() : p;
  std::vector<S> memory(products::memory(planned));
  products::multiply_alone(planned, memory.data());
}

constexpr std::size_t extents[] = {1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17, 25, 31, 32, 33, 40, 65};

}  // namespace

TEST_CASE_TEMPLATE("every way gives the naive product, in every order of the operands, and touches nothing else", S,
                   float, double) {
  std::mt19937 random(1);
  const auto any = [&](auto count) { return static_cast<std::size_t>(random() % count); };
  const double tolerance = std::is_same_v<S, float> ? 2e-5 : 1e-13;
  const auto extent = [&] { return extents[any(std::size(extents))]; };
  for (int round = 0; round < 400; ++round) {
    const std::size_t rows = extent(), columns = extent(), terms = round % 20 == 0 ? 1100 : extent();
    const auto order = [&](std::size_t orders) { return static_cast<Order>(any(orders)); };
    Problem<S> problem(rows, columns, terms, order(3u), order(3u), order(2u));
    problem.add = any(2u) == 1;
    problem.by_row = any(2u) == 1;
    if (any(2u) == 1)
      for (const double value : hash_uniform((std::max)(rows, columns), 300'000))
        problem.bias.push_back(static_cast<S>(value));
    const auto expected = problem.expected();
    const auto before = problem.c.numbers;
    const Product<S> p = problem.product();
    const auto check = [&](products::Way way) {
      CAPTURE(rows);
      CAPTURE(columns);
      CAPTURE(terms);
      CAPTURE(static_cast<int>(way));
      problem.c.numbers = before;
      multiply_in(way, p);
      CHECK(difference(problem.c.numbers, expected, tolerance) == "");
    };
    using products::Way;
    check(Way::tiles);
    check(Way::transposed_tiles);
    if (p.a.column_stride == 1 && p.b.row_stride == 1) {
      check(Way::dots);
      check(Way::transposed_dots);
    }
    if (p.b.column_stride == 1 && p.c.column_stride == 1) check(Way::rows);
    if (p.a.row_stride == 1 && p.c.row_stride == 1) check(Way::transposed_rows);
    check(products::shortest_way(p));
  }
}

TEST_CASE("no terms: zeros, the bias, or what was there") {
  Problem<float> problem(3, 5, 0, Order::rows, Order::rows, Order::rows);
  Workspace<Cpu> workspace(1);
  auto expected = problem.expected();
  kernels::multiply(workspace, problem.product());
  CHECK(problem.c.numbers == expected);
  problem.bias = {1, 2, 3, 4, 5};
  expected = problem.expected();
  kernels::multiply(workspace, problem.product());
  CHECK(problem.c.numbers == expected);
  problem.add = true;
  problem.bias.clear();
  expected = problem.expected();
  kernels::multiply(workspace, problem.product());
  CHECK(problem.c.numbers == expected);
}

TEST_CASE("any number of threads gives the same bits, of few and many rows, columns and terms") {
  const auto check = [](std::size_t rows, std::size_t columns, std::size_t terms, Order of_a, Order of_b) {
    CAPTURE(rows);
    CAPTURE(columns);
    CAPTURE(terms);
    Problem<float> problem(rows, columns, terms, of_a, of_b, Order::rows);
    const auto expected = problem.expected();
    const auto on = [&](int threads) {
      Problem<float> copy = problem;
      Workspace<Cpu> workspace(threads);
      kernels::multiply(workspace, copy.product());
      return copy.c.numbers;
    };
    const auto one = on(1);
    CHECK(difference(one, expected, 1e-4) == "");
    for (const int threads : {2, 3, 5}) CHECK(on(threads) == one);
  };
  check(64, 128, 784, Order::rows, Order::columns);
  check(128, 300, 64, Order::columns, Order::rows);
  check(1, 1000, 500, Order::rows, Order::columns);
  check(1, 1000, 500, Order::rows, Order::rows);
  check(3, 40'000, 3, Order::rows, Order::columns);
  check(50'000, 3, 5, Order::rows, Order::columns);
  check(10, 20, 30'000, Order::columns, Order::rows);
  check(300, 120, 16'500, Order::columns, Order::rows);
  // B is read where it lies, in short blocks; a share with fewer rows or columns must have blocks of the same length.
  check(10, 784, 1500, Order::columns, Order::rows);
  check(36, 900, 700, Order::rows, Order::rows);
  check(40, 900, 700, Order::columns, Order::rows);
  check(4096, 10, 300, Order::rows, Order::columns);
}

TEST_CASE_TEMPLATE(
    "with a bias or added to what is there, on any number of threads, terms on both sides of every limit", S, float,
    double) {
  for (const std::size_t terms : {0, 1, 511, 512, 513, 16'384, 16'385, 70'000})
    for (const bool by_row : {false, true}) {
      CAPTURE(terms);
      Problem<S> problem(9, 21, terms, Order::columns, Order::rows, by_row ? Order::columns : Order::rows);
      problem.add = true;
      problem.by_row = by_row;
      for (const double value : hash_uniform(21, 300'000)) problem.bias.push_back(static_cast<S>(value));
      const auto expected = problem.expected();
      for (const int threads : {1, 2, 5}) {
        Problem<S> copy = problem;
        Workspace<Cpu> workspace(threads);
        kernels::multiply(workspace, copy.product());
        CHECK(difference(copy.c.numbers, expected, std::is_same_v<S, float> ? 1e-4 : 1e-11) == "");
      }
    }
}

TEST_CASE("no rows or no columns: nothing happens; one number may stand for a whole row of A") {
  Workspace<Cpu> workspace(2);
  kernels::multiply<float>(workspace, {.rows = 0, .columns = 3, .terms = 4});
  kernels::multiply<float>(workspace, {.rows = 3, .columns = 0, .terms = 4});
  std::vector<float> rows(40 * 1000, 0.5f), sum(40, 1.0f);
  kernels::add_rows<float>(workspace, 1000, 40, rows.data(), sum.data());
  CHECK(std::ranges::all_of(sum, [](float value) { return value == 501; }));
}

TEST_CASE("threads that have nothing to do cost no memory") {
  const auto capacity = [](int threads) {
    Problem<float> problem(20, 30, 4096, Order::columns, Order::rows, Order::rows);
    Workspace<Cpu> workspace(threads);
    kernels::multiply(workspace, problem.product());
    return workspace.capacity();
  };
  CHECK(capacity(16) == capacity(2));
}

TEST_CASE_TEMPLATE("infinity stays what it is in sums of any length, and sums that overflow become it", S, float,
                   double) {
  constexpr S infinity = std::numeric_limits<S>::infinity(), largest = std::numeric_limits<S>::max();
  for (const std::size_t terms : {100, 20'000, 300'000}) {
    CAPTURE(terms);
    std::vector<S> a(3 * terms, S{1}), b(terms * 3, S{1}), c(9);
    a[0] = infinity;
    for (std::size_t k = 0; k < terms; ++k) a[terms + k] = largest / static_cast<S>(terms - terms / 10);
    for (const int threads : {1, 3}) {
      Workspace<Cpu> workspace(threads);
      kernels::multiply<S>(workspace, {.rows = 3,
                                       .columns = 3,
                                       .terms = terms,
                                       .a = kernels::row_major<const S>(a.data(), terms),
                                       .b = kernels::row_major<const S>(b.data(), 3),
                                       .c = kernels::row_major(c.data(), 3)});
      for (std::size_t j = 0; j < 3; ++j) {
        CHECK(c[j] == infinity);
        CHECK(c[3 + j] == infinity);
        CHECK(c[6 + j] == static_cast<S>(terms));
      }
    }
  }
}

#if ODOT_BLAS
TEST_CASE("a BLAS that is asked for is called, where the operands are what it can read") {
  const std::size_t before = products::blas_calls;
  Problem<float> problem(40, 50, 60, Order::rows, Order::columns, Order::rows);
  const auto expected = problem.expected();
  multiply_in(products::Way::tiles, problem.product());
  CHECK(products::blas_calls == before + 1);
  CHECK(difference(problem.c.numbers, expected, 2e-5) == "");
  std::vector<float> numbers{1, 2, 3, 4, 5, 6}, ones(3, 1.0f), c(4);  // rows of A that overlap
  multiply_in<float>(products::Way::tiles, {.rows = 4,
                                            .columns = 1,
                                            .terms = 3,
                                            .a = {numbers.data(), 1, 1},
                                            .b = kernels::row_major<const float>(ones.data(), 1),
                                            .c = kernels::row_major(c.data(), 1)});
  CHECK(c == std::vector<float>{6, 9, 12, 15});
}
#endif

#if !ODOT_BLAS  // a BLAS may add in another order for other extents
TEST_CASE("where a number lies, and beside how many others, does not change its bits") {
  Problem<float> whole(70, 90, 600, Order::rows, Order::columns, Order::rows);
  multiply_in(products::Way::tiles, whole.product());
  const auto c = whole.c;
  for (const auto& [row, rows, column, columns] :
       {std::array<std::size_t, 4>{0, 1, 0, 90}, {69, 1, 3, 50}, {5, 7, 89, 1}, {11, 40, 31, 33}, {1, 69, 1, 89}}) {
    std::ranges::fill(whole.c.numbers, 0.0f);
    multiply_in(products::Way::tiles, whole.product().part(row, rows, column, columns));
    std::size_t different = 0;
    for (std::size_t i = row; i < row + rows; ++i)
      for (std::size_t j = column; j < column + columns; ++j) different += whole.c(i, j) != c(i, j);
    CHECK(different == 0);
  }
}
#endif

TEST_CASE("padding never meets a number: NaN and infinity stay in their rows and columns") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  using products::Way;
  for (const auto way : {Way::tiles, Way::transposed_tiles, Way::dots, Way::transposed_dots}) {
    Problem<float> problem(13, 19, 21, Order::rows, Order::columns, Order::rows);
    *problem.a.view().from(4, 7).data = inf;
    *problem.b.view().from(3, 11).data = std::nanf("");
    multiply_in(way, problem.product());
    for (std::size_t i = 0; i < 13; ++i)
      for (std::size_t j = 0; j < 19; ++j) {
        const float value = problem.c(i, j);
        if (j == 11) CHECK(std::isnan(value));
        else if (i == 4) CHECK(std::isinf(value));
        else CHECK(std::isfinite(value));
      }
  }
}

TEST_CASE("sums of a million equal terms keep float's precision, in every way") {
  constexpr std::size_t terms = 1'000'003;
  constexpr double bound = ODOT_BLAS ? 1e-4 : 1e-5;  // a BLAS adds 16,384 of them in its own way
  std::vector<float> a(2 * terms, 0.1f), b(3 * terms, 0.3f);
  const double expected = static_cast<double>(terms) * static_cast<double>(0.1f) * static_cast<double>(0.3f);
  const auto check = [&](const Strided<const float>& left, const Strided<const float>& right) {
    std::vector<float> c(6, -1.0f);
    const Product<float> p{
        .rows = 2, .columns = 3, .terms = terms, .a = left, .b = right, .c = kernels::row_major(c.data(), 3)};
    const auto near = [&] {
      for (const float value : c) CHECK(static_cast<double>(value) == doctest::Approx(expected).epsilon(bound));
      std::ranges::fill(c, -1.0f);
    };
    for (const int threads : {1, 3}) {
      Workspace<Cpu> workspace(threads);
      kernels::multiply(workspace, p);
      near();
    }
    using products::Way;
    multiply_in(Way::tiles, p);
    near();
    multiply_in(Way::transposed_tiles, p);
    near();
    if (right.row_stride == 1) multiply_in(Way::dots, p);
    else multiply_in(Way::rows, p);
    near();
  };
  check(kernels::row_major<const float>(a.data(), terms),
        kernels::row_major<const float>(b.data(), terms).transposed());
  check(kernels::row_major<const float>(a.data(), 2).transposed(), kernels::row_major<const float>(b.data(), 3));
}
