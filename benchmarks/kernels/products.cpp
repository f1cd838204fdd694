// SPDX-License-Identifier: MIT
// Products of matrices as layers need them, beside Eigen's and beside a loop: products/<pass>/<by>/<scalar>/<columns x
// terms>/<rows>. forward: x Wᵀ; backward_input: dy W; backward_weight: dyᵀ x. By cpu: odot on one thread.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/products/multiply.hpp"
#include "support/random_fill.hpp"
#include "support/timing.hpp"

using namespace odot;

namespace {

enum class Pass { forward, backward_input, backward_weight };

template <class S>
struct Work {
  Work(Pass pass, std::size_t rows, std::size_t columns, std::size_t terms)
      : turn_a(pass == Pass::backward_weight), turn_b(pass == Pass::forward), rows(rows), columns(columns),
        terms(terms), a(rows * terms), b(terms * columns), c(rows * columns) {
    std::vector<float> numbers(a.size() + b.size());
    benchmarks::fill_uniform(std::span(numbers), 1, -1, 1);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<S>(numbers[i]);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<S>(numbers[a.size() + i]);
  }
  kernels::Strided<const S> left() const {
    return turn_a ? kernels::row_major(a.data(), rows).transposed() : kernels::row_major(a.data(), terms);
  }
  kernels::Strided<const S> right() const {
    return turn_b ? kernels::row_major(b.data(), terms).transposed() : kernels::row_major(b.data(), columns);
  }
  void multiply() {
    kernels::multiply<S>(workspace, {.rows = rows,
                                     .columns = columns,
                                     .terms = terms,
                                     .a = left(),
                                     .b = right(),
                                     .c = kernels::row_major(c.data(), columns)});
  }
  void multiply_by_eigen() {
    auto to = kernels::matrix(c.data(), rows, columns);
    if (turn_a)
      to.noalias() = kernels::matrix(a.data(), terms, rows).transpose() * kernels::matrix(b.data(), terms, columns);
    else if (turn_b)
      to.noalias() = kernels::matrix(a.data(), rows, terms) * kernels::matrix(b.data(), columns, terms).transpose();
    else to.noalias() = kernels::matrix(a.data(), rows, terms) * kernels::matrix(b.data(), terms, columns);
  }
  S element(std::size_t i, std::size_t j) const {
    S sum{0};
    for (std::size_t k = 0; k < terms; ++k) sum += *left().from(i, k).data * *right().from(k, j).data;
    return sum;
  }
  void multiply_naively() {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) c[i * columns + j] = element(i, j);
  }
  bool is_right() {
    multiply();
    for (std::size_t i = 0; i < rows; i += 1 + rows / 5)
      for (std::size_t j = 0; j < columns; j += 1 + columns / 5)
        if (!(std::abs(static_cast<double>(c[i * columns + j] - element(i, j))) < 1e-3)) return false;
    return true;
  }

  bool turn_a, turn_b;
  std::size_t rows, columns, terms;
  std::vector<S> a, b, c;
  Workspace<Cpu> workspace{1};
};

template <class S>
void add(Pass pass, std::size_t rows, std::size_t columns, std::size_t terms) {
  const char* const names[] = {"forward", "backward_input", "backward_weight"};
  const auto by = [&](const char* who, auto call) {
    const std::string name = std::string("products/") + names[static_cast<int>(pass)] + "/" + who + "/" +
                             (std::is_same_v<S, float> ? "float" : "double") + "/" + std::to_string(columns) + "x" +
                             std::to_string(terms);
    benchmarks::add(name, rows, [=](benchmark::State& state, std::size_t) {
      Work<S> work(pass, rows, columns, terms);
      benchmarks::run(state, work.is_right(), {.flop = 2.0 * static_cast<double>(rows * columns * terms)},
                      [&] { call(work); });
    });
  };
  by("cpu", [](Work<S>& work) { work.multiply(); });
  by("eigen", [](Work<S>& work) { work.multiply_by_eigen(); });
  if (rows == 64) by("naive", [](Work<S>& work) { work.multiply_naively(); });
}

template <class S>
void add_layer(std::size_t samples, std::size_t in, std::size_t out) {
  add<S>(Pass::forward, samples, out, in);
  add<S>(Pass::backward_input, samples, in, out);
  add<S>(Pass::backward_weight, out, in, samples);
}

const bool registered = [] {
  Eigen::setNbThreads(1);
  for (const std::size_t samples : {1, 8, 64, 1024}) add_layer<float>(samples, 784, 128);
  for (const std::size_t samples : {64, 256}) {
    add_layer<float>(samples, 128, 10);
    add_layer<float>(samples, 512, 512);
  }
  add_layer<float>(6272, 64, 64);  // tokens
  add_layer<double>(256, 784, 128);
  return true;
}();

}  // namespace
