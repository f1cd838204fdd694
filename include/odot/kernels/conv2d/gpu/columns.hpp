#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution on the GPU by im2col: the columns of several samples at a time, and one matrix product for these
// samples.
//     columns [taps, m], m = samples · H'·W'        y = W · columns,  dW += dy · columnsᵀ,  dcolumns = Wᵀ · dy
// with y and dy as [O, m] for the product.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/gpu/gemm.hpp"
#include "odot/kernels/gpu/planes.hpp"

namespace odot::kernels {

namespace detail {

/// A convolution's sizes in the type that the kernels compute with: 32 bits, which a GPU divides several times as fast,
/// unless a single sample has more numbers.
template <class G>
struct ConvIndex {
  static constexpr std::size_t largest =
      (std::max)({G::taps * G::output::size / G::O, G::input::size, G::output::size});  // numbers of a sample
  using type = std::conditional_t<(largest <= UINT32_MAX), std::uint32_t, std::size_t>;
  static constexpr std::size_t most_samples = std::max<std::size_t>(1, UINT32_MAX / largest);
  static constexpr type C = G::C, H = G::H, W = G::W, O = G::O, K = G::K, stride = G::stride, padding = G::padding;
  static constexpr type out_h = G::out_h, out_w = G::out_w, pixels = G::out_h * G::out_w;
};

}  // namespace detail

/// Conv2d by im2col, for any scalar.
struct ColumnsConv2d {
  static constexpr std::size_t most_column_bytes = 64 << 20;

  template <class G>
  static constexpr std::size_t pixels = G::out_h * G::out_w;

  /// Samples per product.
  template <class G, class S>
  static constexpr std::size_t piece = std::clamp<std::size_t>(most_column_bytes / (sizeof(S) * G::taps * pixels<G>), 1,
                                                               detail::ConvIndex<G>::most_samples);

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
      if (dweight)
        gpu::multiply<false, true, S>({G::O, G::taps, m}, {product, m}, {columns, m}, S{1}, {dweight.data(), G::taps});
      if (!dx) return;
      gpu::multiply<true, false, S>({G::taps, m, G::O}, {weight.data(), G::taps}, {product, m}, S{0}, {columns, m});
      scatter<G>(columns, dx.subbatch(begin, samples));
    });
    if (dweight && dbias) gpu::add_channel_sums<G::O, pixels<G>>(workspace, dy.samples(), dy.data(), dbias.data());
  }

  /// body(first sample, samples, their columns, memory for a product [O, m]) for one piece of the batch after the
  /// other. Columns are not filled where x is empty.
  template <class G, class S, class Body>
  static void each_piece(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x, const Body& body) {
    auto frame = workspace.frame();
    const std::size_t most = (std::min)(piece<G, S>, x.samples());
    S* columns = frame.template take<S>(G::taps * pixels<G> * most);
    S* product = frame.template take<S>(G::O * pixels<G> * most);
    for (std::size_t begin = 0; begin < x.samples(); begin += most) {
      const std::size_t samples = (std::min)(most, x.samples() - begin);
      if (x) gather<G>(x.subbatch(begin, samples), columns);
      body(begin, samples, columns, product);
    }
  }

  /// columns[c, u, v; n, i, j] = x[n, c, i·stride + u − padding, j·stride + v − padding], 0 outside.
  template <class G, class S>
  static void gather(BatchView<typename G::input, const S, Gpu> x, S* columns) {
    using D = detail::ConvIndex<G>;
    using Index = typename D::type;
    const S* in = x.data();
    const auto m = static_cast<Index>(x.samples() * pixels<G>);
    gpu::for_each_index(G::taps * m, [=] ODOT_HOST_DEVICE(std::size_t at) {
      const auto index = static_cast<Index>(at);
      const Index tap = index / m, column = index % m, n = column / D::pixels, pixel = column % D::pixels;
      const Index c = tap / (D::K * D::K), u = tap / D::K % D::K, v = tap % D::K;
      const Index i = pixel / D::out_w * D::stride + u, j = pixel % D::out_w * D::stride + v;  // in the padded x
      const bool inside = i >= D::padding && i < D::H + D::padding && j >= D::padding && j < D::W + D::padding;
      columns[index] = inside ? in[((n * D::C + c) * D::H + i - D::padding) * D::W + j - D::padding] : S{0};
    });
  }

  /// dx[n, c, i, j] = Σ columns at all places to which gather copied it.
  template <class G, class S>
  static void scatter(const S* columns, BatchView<typename G::input, S, Gpu> dx) {
    using D = detail::ConvIndex<G>;
    using Index = typename D::type;
    S* out = dx.data();
    const auto m = static_cast<Index>(dx.samples() * pixels<G>);
    gpu::for_each_index(dx.size(), [=] ODOT_HOST_DEVICE(std::size_t at) {
      const auto index = static_cast<Index>(at);
      const Index row = index / D::W, plane = row / D::H, n = plane / D::C, c = plane % D::C;
      const Index i = row % D::H + D::padding, j = index % D::W + D::padding;  // in the padded x
      S sum{0};
      for (Index u = 0; u < D::K && u <= i; ++u)
        for (Index v = 0; v < D::K && v <= j; ++v) {
          const Index oi = (i - u) / D::stride, oj = (j - v) / D::stride;
          if ((i - u) % D::stride == 0 && (j - v) % D::stride == 0 && oi < D::out_h && oj < D::out_w)
            sum += columns[((c * D::K + u) * D::K + v) * m + n * D::pixels + oi * D::out_w + oj];
        }
      out[index] = sum;
    });
  }

  /// y[n, o, pixel] = product[o; n, pixel] + bias[o]
  template <class G, class S>
  static void add_bias(const S* product, const S* bias, BatchView<typename G::output, S, Gpu> y) {
    using D = detail::ConvIndex<G>;
    using Index = typename D::type;
    S* out = y.data();
    const auto m = static_cast<Index>(y.samples() * pixels<G>);
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t at) {
      const auto index = static_cast<Index>(at);
      const Index plane = index / D::pixels, n = plane / D::O, o = plane % D::O, pixel = index % D::pixels;
      out[index] = product[o * m + n * D::pixels + pixel] + (bias ? bias[o] : S{0});
    });
  }

  /// product[o; n, pixel] = dy[n, o, pixel]
  template <class G, class S>
  static void channels_first(BatchView<typename G::output, const S, Gpu> dy, S* product) {
    using D = detail::ConvIndex<G>;
    using Index = typename D::type;
    const S* grad = dy.data();
    const auto m = static_cast<Index>(dy.samples() * pixels<G>);
    gpu::for_each_index(dy.size(), [=] ODOT_HOST_DEVICE(std::size_t at) {
      const auto index = static_cast<Index>(at);
      const Index o = index / m, column = index % m, n = column / D::pixels, pixel = column % D::pixels;
      product[index] = grad[(n * D::O + o) * D::pixels + pixel];
    });
  }
};

}  // namespace odot::kernels
