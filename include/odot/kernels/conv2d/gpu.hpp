#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution on the GPU: the columns of some samples at a time, and one matrix product for all of them.
//     columns [taps, m], m = samples · H'·W'        y = W · columns,  dW += dy · columnsᵀ,  dcolumns = Wᵀ · dy
// with y and dy as [O, m] for the product.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/conv2d.hpp"
#include "odot/kernels/gpu/gemm.hpp"

namespace odot::kernels {

template <>
struct Conv2d<Gpu> {
  static constexpr std::size_t most_column_bytes = 64 << 20;

  /// Samples a product.
  template <class G, class S>
  static constexpr std::size_t piece =
      std::max<std::size_t>(1, most_column_bytes / (sizeof(S) * G::taps * G::out_h * G::out_w));

  template <class G, class S>
  static void forward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                      TensorView<typename G::weight, const S, Gpu> weight,
                      TensorView<typename G::bias, const S, Gpu> bias, BatchView<typename G::output, S, Gpu> y) {
    each_piece<G>(workspace, x, [&](std::size_t begin, std::size_t samples, S* columns, S* product) {
      const std::size_t m = samples * pixels<G>;
      gpu::multiply<false, false, S>({G::O, m, G::taps}, {weight.data(), G::taps}, {columns, m}, S{0}, {product, m});
      add_bias<G>(product, bias.data(), y.subbatch(begin, samples));
    });
  }

  template <class G, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                       TensorView<typename G::weight, const S, Gpu> weight,
                       BatchView<typename G::output, const S, Gpu> dy, TensorView<typename G::weight, S, Gpu> dweight,
                       TensorView<typename G::bias, S, Gpu> dbias, BatchView<typename G::input, S, Gpu> dx) {
    each_piece<G>(workspace, x, [&](std::size_t begin, std::size_t samples, S* columns, S* product) {
      const std::size_t m = samples * pixels<G>;
      channels_first<G>(dy.subbatch(begin, samples), product);
      // y = W · columns
      gpu::multiply<false, true, S>({G::O, G::taps, m}, {product, m}, {columns, m}, S{1}, {dweight.data(), G::taps});
      if (!dx) return;
      gpu::multiply<true, false, S>({G::taps, m, G::O}, {weight.data(), G::taps}, {product, m}, S{0}, {columns, m});
      scatter<G>(columns, dx.subbatch(begin, samples));
    });
    if (dbias) add_bias_gradient<G>(workspace, dy, dbias.data());
  }

  template <class G>
  static constexpr std::size_t pixels = G::out_h * G::out_w;

  /// body(first sample, samples, their columns, memory for a product [O, m]) for one piece of the batch after the other.
  template <class G, class S, class Body>
  static void each_piece(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x, const Body& body) {
    auto frame = workspace.frame();
    const std::size_t most = std::min(piece<G, S>, x.samples());
    S* columns = frame.template take<S>(G::taps * pixels<G> * most);
    S* product = frame.template take<S>(G::O * pixels<G> * most);
    for (std::size_t begin = 0; begin < x.samples(); begin += most) {
      const std::size_t samples = std::min(most, x.samples() - begin);
      gather<G>(x.subbatch(begin, samples), columns);
      body(begin, samples, columns, product);
    }
  }

  /// columns[c, u, v; n, i, j] = x[n, c, i·stride + u − padding, j·stride + v − padding], 0 outside.
  template <class G, class S>
  static void gather(BatchView<typename G::input, const S, Gpu> x, S* columns) {
    const S* in = x.data();
    const std::size_t m = x.samples() * pixels<G>;
    gpu::for_each_index(G::taps * m, [=] ODOT_HOST_DEVICE(std::size_t index) {
      const std::size_t tap = index / m, n = index % m / pixels<G>, pixel = index % pixels<G>;
      const std::size_t c = tap / (G::K * G::K), u = tap / G::K % G::K, v = tap % G::K;
      const std::size_t i = pixel / G::out_w * G::stride + u, j = pixel % G::out_w * G::stride + v;  // in the padded x
      const bool inside = i >= G::padding && i < G::H + G::padding && j >= G::padding && j < G::W + G::padding;
      columns[index] = inside ? in[((n * G::C + c) * G::H + i - G::padding) * G::W + j - G::padding] : S{0};
    });
  }

  /// dx[n, c, i, j] = Σ columns at all places that gather took it to.
  template <class G, class S>
  static void scatter(const S* columns, BatchView<typename G::input, S, Gpu> dx) {
    S* out = dx.data();
    const std::size_t m = dx.samples() * pixels<G>;
    gpu::for_each_index(dx.size(), [=] ODOT_HOST_DEVICE(std::size_t index) {
      const std::size_t n = index / G::input::size, c = index / (G::H * G::W) % G::C;
      const std::size_t i = index / G::W % G::H + G::padding, j = index % G::W + G::padding;  // in the padded x
      S sum{0};
      for (std::size_t u = 0; u < G::K && u <= i; ++u)
        for (std::size_t v = 0; v < G::K && v <= j; ++v) {
          const std::size_t oi = (i - u) / G::stride, oj = (j - v) / G::stride;
          if ((i - u) % G::stride == 0 && (j - v) % G::stride == 0 && oi < G::out_h && oj < G::out_w)
            sum += columns[((c * G::K + u) * G::K + v) * m + n * pixels<G> + oi * G::out_w + oj];
        }
      out[index] = sum;
    });
  }

  /// y[n, o, pixel] = product[o; n, pixel] + bias[o]
  template <class G, class S>
  static void add_bias(const S* product, const S* bias, BatchView<typename G::output, S, Gpu> y) {
    S* out = y.data();
    const std::size_t m = y.samples() * pixels<G>;
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t index) {
      const std::size_t n = index / G::output::size, o = index / pixels<G> % G::O, pixel = index % pixels<G>;
      out[index] = product[o * m + n * pixels<G> + pixel] + (bias ? bias[o] : S{0});
    });
  }

  /// product[o; n, pixel] = dy[n, o, pixel]
  template <class G, class S>
  static void channels_first(BatchView<typename G::output, const S, Gpu> dy, S* product) {
    const S* grad = dy.data();
    const std::size_t m = dy.samples() * pixels<G>;
    gpu::for_each_index(dy.size(), [=] ODOT_HOST_DEVICE(std::size_t index) {
      const std::size_t o = index / m, n = index % m / pixels<G>, pixel = index % pixels<G>;
      product[index] = grad[(n * G::O + o) * pixels<G> + pixel];
    });
  }

  /// db[o] += Σ dy[n, o, pixel]
  template <class G, class S>
  static void add_bias_gradient(Workspace<Gpu>& workspace, BatchView<typename G::output, const S, Gpu> dy, S* db) {
    const S* grad = dy.data();
    gpu::reduce_rows(
        workspace, G::O, dy.samples() * pixels<G>, S{0},
        [=] ODOT_HOST_DEVICE(std::size_t o, std::size_t at) {
          return grad[(at / pixels<G> * G::O + o) * pixels<G> + at % pixels<G>];
        },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t o, S sum) { db[o] += sum; });
  }
};

}  // namespace odot::kernels
