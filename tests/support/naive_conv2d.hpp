#pragma once
// SPDX-License-Identifier: MIT
// The 2-D convolution as its definition says, in plain loops: the oracle of the convolution kernels.

#include <cstddef>
#include <span>
#include <vector>

namespace odot::test {

/// One geometry of a convolution, any element type that converts to double. Arrays are row-major, batch first.
template <class Geometry>
struct NaiveConv2d {
  using G = Geometry;

  /// Calls body(x, weight, y) with the indices of every product y[n, o, i, j] += weight[o, c, u, v] · x[n, c, …] that
  /// lies inside of the input.
  template <class Body>
  static void each_product(std::size_t samples, const Body& body) {
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t o = 0; o < G::O; ++o)
        for (std::size_t i = 0; i < G::out_h; ++i)
          for (std::size_t j = 0; j < G::out_w; ++j)
            for (std::size_t c = 0; c < G::C; ++c)
              for (std::size_t u = 0; u < G::K; ++u)
                for (std::size_t v = 0; v < G::K; ++v) {
                  const auto row = static_cast<long>(i * G::stride + u) - static_cast<long>(G::padding);
                  const auto column = static_cast<long>(j * G::stride + v) - static_cast<long>(G::padding);
                  if (row < 0 || column < 0 || row >= static_cast<long>(G::H) || column >= static_cast<long>(G::W))
                    continue;
                  body(
                      ((n * G::C + c) * G::H + static_cast<std::size_t>(row)) * G::W + static_cast<std::size_t>(column),
                      ((o * G::C + c) * G::K + u) * G::K + v, ((n * G::O + o) * G::out_h + i) * G::out_w + j);
                }
  }

  /// y; an empty `bias` is none.
  template <class S>
  static std::vector<double> forward(std::size_t samples, std::span<const S> x, std::span<const S> weight,
                                     std::span<const S> bias) {
    std::vector<double> y(samples * G::output::size);
    for (std::size_t k = 0; k < y.size(); ++k)
      y[k] = bias.empty() ? 0.0 : static_cast<double>(bias[k / (G::out_h * G::out_w) % G::O]);
    each_product(samples, [&](std::size_t xi, std::size_t wi, std::size_t yi) {
      y[yi] += static_cast<double>(x[xi]) * static_cast<double>(weight[wi]);
    });
    return y;
  }

  struct Gradients {
    std::vector<double> weight, bias, x;
  };
  template <class S>
  static Gradients backward(std::size_t samples, std::span<const S> x, std::span<const S> weight,
                            std::span<const S> dy) {
    Gradients d{std::vector<double>(G::weight::size), std::vector<double>(G::O),
                std::vector<double>(samples * G::input::size)};
    each_product(samples, [&](std::size_t xi, std::size_t wi, std::size_t yi) {
      d.weight[wi] += static_cast<double>(dy[yi]) * static_cast<double>(x[xi]);
      d.x[xi] += static_cast<double>(dy[yi]) * static_cast<double>(weight[wi]);
    });
    for (std::size_t k = 0; k < dy.size(); ++k) d.bias[k / (G::out_h * G::out_w) % G::O] += static_cast<double>(dy[k]);
    return d;
  }
};

}  // namespace odot::test
