#pragma once
// SPDX-License-Identifier: MIT
// Convolution of any geometry on the CPU, in one group: im2col, one sample at a time, and products of matrices.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/products/multiply.hpp"

namespace odot::kernels::detail {

/// Convolution as a matrix product y = W · columns(x), columns(x) [C·Kr·Kc, H'·W'].
template <class G, class S>
struct Im2Col {
  static constexpr std::size_t pixels = G::out_h * G::out_w;

  static constexpr auto output(const S* weight, const S* bias, const S* columns, S* y) {
    return products::PlannedProduct<S>({.rows = G::O,
                                        .columns = pixels,
                                        .terms = G::taps,
                                        .a = row_major(weight, G::taps),
                                        .b = row_major(columns, pixels),
                                        .c = row_major(y, pixels),
                                        .bias = bias,
                                        .bias_by_row = true});
  }
  static constexpr auto weight_gradient(const S* dy, const S* columns, S* dweight) {
    return products::PlannedProduct<S>({.rows = G::O,
                                        .columns = G::taps,
                                        .terms = pixels,
                                        .a = row_major(dy, pixels),
                                        .b = row_major(columns, pixels).transposed(),
                                        .c = row_major(dweight, G::taps),
                                        .add = true});
  }
  static constexpr auto columns_gradient(const S* weight, const S* dy, S* columns) {
    return products::PlannedProduct<S>({.rows = G::taps,
                                        .columns = pixels,
                                        .terms = G::O,
                                        .a = row_major(weight, G::taps).transposed(),
                                        .b = row_major(dy, pixels),
                                        .c = row_major(columns, pixels)});
  }

  /// Elements per worker: the columns, and what the products need.
  static constexpr std::size_t scratch =
      G::taps * pixels + (std::max)({products::memory(output(nullptr, nullptr, nullptr, nullptr)),
                                     products::memory(weight_gradient(nullptr, nullptr, nullptr)),
                                     products::memory(columns_gradient(nullptr, nullptr, nullptr))});

  /// Index of the input row or column under kernel position `k` at output position `at`; outside: >= extent.
  static constexpr std::size_t source(const ConvAxis& axis, std::size_t at, std::size_t k) {
    return at * axis.stride + k - axis.padding;
  }

  /// columns[(c, u, v)][(i, j)] = x[c, i·Sr + u − Pr, j·Sc + v − Pc]
  static void gather(const S* x, S* columns) {
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t u = 0; u < G::rows.kernel; ++u)
        for (std::size_t v = 0; v < G::columns.kernel; ++v)
          for (std::size_t i = 0; i < G::out_h; ++i, columns += G::out_w) {
            const std::size_t row = source(G::rows, i, u);
            for (std::size_t j = 0; j < G::out_w; ++j) {
              const std::size_t column = source(G::columns, j, v);
              columns[j] = row < G::H && column < G::W ? x[(c * G::H + row) * G::W + column] : S{0};
            }
          }
  }

  /// dx[c, …] = Σ of the columns' gradients that came from it.
  static void scatter(const S* columns, S* dx) {
    std::fill_n(dx, G::C * G::H * G::W, S{0});
    for (std::size_t c = 0; c < G::C; ++c)
      for (std::size_t u = 0; u < G::rows.kernel; ++u)
        for (std::size_t v = 0; v < G::columns.kernel; ++v)
          for (std::size_t i = 0; i < G::out_h; ++i, columns += G::out_w) {
            const std::size_t row = source(G::rows, i, u);
            if (row >= G::H) continue;
            for (std::size_t j = 0; j < G::out_w; ++j) {
              const std::size_t column = source(G::columns, j, v);
              if (column < G::W) dx[(c * G::H + row) * G::W + column] += columns[j];
            }
          }
  }

  static void forward(const S* x, const S* weight, const S* bias, S* y, S* columns) {
    gather(x, columns);
    products::multiply_alone(output(weight, bias, columns, y), columns + G::taps * pixels);
  }

  static void add_weight_gradient(const S* x, const S* dy, S* dweight, S* columns) {
    gather(x, columns);
    // y = W · columns
    products::multiply_alone(weight_gradient(dy, columns, dweight), columns + G::taps * pixels);
  }

  static void input_gradient(const S* weight, const S* dy, S* dx, S* columns) {
    // y = W · columns
    products::multiply_alone(columns_gradient(weight, dy, columns), columns + G::taps * pixels);
    scatter(columns, dx);
  }
};

}  // namespace odot::kernels::detail
