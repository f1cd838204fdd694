#pragma once
// SPDX-License-Identifier: MIT
// Convolutions in groups on the GPU: one lane per output forward; one lane per pixel for the input's gradient, which
// gathers; one sum per weight for the weights' gradient. So the order of sums depends on the shapes alone.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/gpu/planes.hpp"
#include "odot/kernels/grouped_conv/contract.hpp"
#include "odot/kernels/parallel/gpu/parallel.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a row of outputs: (n, o, i).
template <class G, class S>
struct GroupedConvForward {
  const S *x, *weight, *bias;  // bias may be null
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t i = run.row % G::out_h, o = run.row / G::out_h % G::O, n = run.row / (G::out_h * G::O);
    const S* planes = x + (n * G::C + o / G::group_o * G::group_c) * (G::H * G::W);
    const S* kernel = weight + o * G::taps;
    run.store(y, run.generate([&](std::size_t l) {
      const std::size_t j = run.column + l;
      S sum{0};
      for (std::size_t c = 0; c < G::group_c; ++c) {
        S of_channel{0};
        for (std::size_t u = 0; u < G::rows.kernel; ++u) {
          const std::size_t r = i * G::rows.stride + u - G::rows.padding;  // outside: at least H
          for (std::size_t v = 0; v < G::columns.kernel && r < G::H; ++v) {
            const std::size_t s = j * G::columns.stride + v - G::columns.padding;
            if (s < G::W)
              of_channel +=
                  kernel[(c * G::rows.kernel + u) * G::columns.kernel + v] * planes[(c * G::H + r) * G::W + s];
          }
        }
        sum += of_channel;
      }
      return sum + (bias ? bias[o] : S{0});
    }));
  }
};

/// A row is a row of dx: (n, c, r).
template <class G, class S>
struct GroupedConvInputGradient {
  const S *weight, *dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t r = run.row % G::H + G::rows.padding, channel = run.row / G::H % G::C,
                      n = run.row / (G::H * G::C);
    const std::size_t first = channel / G::group_c * G::group_o, c = channel % G::group_c;
    run.store(dx, run.generate([&](std::size_t l) {
      const std::size_t s = run.column + l + G::columns.padding;
      S sum{0};
      for (std::size_t o = first; o < first + G::group_o; ++o) {
        const S* kernel = weight + o * G::taps + c * (G::rows.kernel * G::columns.kernel);
        const S* plane = dy + (n * G::O + o) * (G::out_h * G::out_w);
        S of_channel{0};
        for (std::size_t u = 0; u < G::rows.kernel && u <= r; ++u) {
          const std::size_t i = (r - u) / G::rows.stride;
          if ((r - u) % G::rows.stride != 0 || i >= G::out_h) continue;
          for (std::size_t v = 0; v < G::columns.kernel && v <= s; ++v) {
            const std::size_t j = (s - v) / G::columns.stride;
            if ((s - v) % G::columns.stride == 0 && j < G::out_w)
              of_channel += kernel[u * G::columns.kernel + v] * plane[i * G::out_w + j];
          }
        }
        sum += of_channel;
      }
      return sum;
    }));
  }
};

/// Rows are weights (o, c, u, v), columns output pixels (n, i, j).
template <class G, class S>
struct GroupedConvWeightGradient {
  const S *x, *dy;
  S* dweight;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    constexpr std::size_t pixels = G::out_h * G::out_w;
    const std::size_t o = run.row / G::taps, tap = run.row % G::taps;
    const std::size_t v = tap % G::columns.kernel, u = tap / G::columns.kernel % G::rows.kernel,
                      c = o / G::group_o * G::group_c + tap / (G::rows.kernel * G::columns.kernel);
    return run.generate([&](std::size_t l) {
      const std::size_t n = (run.column + l) / pixels, pixel = (run.column + l) % pixels;
      const std::size_t r = pixel / G::out_w * G::rows.stride + u - G::rows.padding,
                        s = pixel % G::out_w * G::columns.stride + v - G::columns.padding;
      if (r >= G::H || s >= G::W) return S{0};
      return dy[(n * G::O + o) * pixels + pixel] * x[((n * G::C + c) * G::H + r) * G::W + s];
    });
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t row, const Totals& totals) const {
    dweight[row] += static_cast<S>(totals[0]);
  }
};

}  // namespace detail

template <>
struct GroupedConv<Gpu> {
  template <class G, class S>
  static void forward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                      TensorView<typename G::weight, const S, Gpu> weight,
                      TensorView<typename G::bias, const S, Gpu> bias, BatchView<typename G::output, S, Gpu> y) {
    Parallel<Gpu>::map<S>(workspace, x.samples() * (G::O * G::out_h), std::integral_constant<std::size_t, G::out_w>{},
                          detail::GroupedConvForward<G, S>{x.data(), weight.data(), bias.data(), y.data()});
  }

  template <class G, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                       TensorView<typename G::weight, const S, Gpu> weight,
                       BatchView<typename G::output, const S, Gpu> dy, TensorView<typename G::weight, S, Gpu> dweight,
                       TensorView<typename G::bias, S, Gpu> dbias, BatchView<typename G::input, S, Gpu> dx) {
    constexpr std::size_t pixels = G::out_h * G::out_w;
    Parallel<Gpu>::reduce_rows<S>(workspace, G::weight::size, x.samples() * pixels,
                                  detail::GroupedConvWeightGradient<G, S>{x.data(), dy.data(), dweight.data()});
    if (dbias) gpu::add_channel_sums<G::O, pixels>(workspace, dy.samples(), dy.data(), dbias.data());
    if (!dx) return;
    Parallel<Gpu>::map<S>(workspace, x.samples() * (G::C * G::H), std::integral_constant<std::size_t, G::W>{},
                          detail::GroupedConvInputGradient<G, S>{weight.data(), dy.data(), dx.data()});
  }
};

static_assert(GroupedConvKernel<GroupedConv<Gpu>, Gpu>);

}  // namespace odot::kernels
