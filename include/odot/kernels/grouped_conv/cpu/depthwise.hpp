#pragma once
// SPDX-License-Identifier: MIT
// A group of one input and one output channel: depthwise convolution of one plane on the CPU. It moves little more than
// the plane's numbers, and computes whole lines: the registers of an output line are computed from those of K input
// lines.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/parallel/cpu/access.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// An image with zeros around it, as lines of memory: `pitch` from line to line, so that the zeros on the right of a
/// line are those on the left of the next one. The image's numbers may lie `Step` apart, with zeros between them.
template <std::size_t Height, std::size_t Width, std::size_t Padding, std::size_t Step, class S>
struct PaddedPlane {
  static constexpr std::size_t L = simd::lanes<S>;
  static constexpr std::size_t extent(std::size_t count) { return (count - 1) * Step + 1; }
  static constexpr std::size_t pitch = extent(Width) + Padding;
  static constexpr std::size_t elements = (extent(Height) + 2 * Padding) * pitch + Padding;

  /// Copies an image into zeros, or into another image.
  static ODOT_INLINE void fill(const S* image, S* plane) {
    using Access = PackedAccess<S>;
    for (std::size_t i = 0; i < Height; ++i, image += Width) {
      S* to = plane + (i * Step + Padding) * pitch + Padding;
      if constexpr (Step == 1) {
        for (std::size_t j = 0; j + L <= Width; j += L) simd::store(to + j, simd::load(image + j));
        constexpr std::size_t rest = Width % L;
        if constexpr (rest > 0)
          Access::template store<false>(to + Width - rest, rest,
                                        Access::template load<false>(image + Width - rest, rest));
      } else {
        for (std::size_t j = 0; j < Width; ++j) to[j * Step] = image[j];
      }
    }
  }
};

/// G: a ConvGeometry of one input and one output channel, padding below K.
template <class G, class S>
struct DepthwiseUnit {
  static constexpr std::size_t L = simd::lanes<S>, K = G::K, stride = G::stride;
  using Number = Packed<S>;
  using Access = PackedAccess<S>;
  using Input = PaddedPlane<G::H, G::W, G::padding, 1, S>;
  /// The outputs' gradients: dx is their convolution of stride 1 by the kernel rotated by 180°.
  using Gradient = PaddedPlane<G::out_h, G::out_w, K - 1 - G::padding, stride, S>;
  /// Rows and columns of x behind the last one that a kernel sees, whose gradient is 0.
  static constexpr std::size_t unseen_h = (G::H + 2 * G::padding - K) % stride,
                               unseen_w = (G::W + 2 * G::padding - K) % stride;
  static constexpr std::size_t slack = (stride + 1) * L + (K + unseen_h + 1) * (Gradient::pitch + unseen_w);
  static constexpr std::size_t scratch = (std::max)(Input::elements, Gradient::elements) + slack;

  /// To be called before a pass over some planes.
  static void clear(S* memory) { std::fill_n(memory, scratch, S{0}); }

  static ODOT_NOINLINE ODOT_FLATTEN void forward(const S* x, const S* weight, const S* bias, S* y, S* memory) {
    Input::fill(x, memory);
    correlate<stride, G::out_h, G::out_w, Input::pitch>(memory, weight, bias ? *bias : S{0}, y);
  }

  static ODOT_NOINLINE ODOT_FLATTEN void input_gradient(const S* weight, const S* dy, S* dx, S* memory) {
    // y = w ⋆ x  ⇒  dx = flipped w ⋆ dy
    S flipped[K * K];
    std::reverse_copy(weight, weight + K * K, flipped);
    Gradient::fill(dy, memory);
    if constexpr (unseen_h == 0 && unseen_w == 0) {
      correlate<1, G::H, G::W, Gradient::pitch>(memory, flipped, S{0}, dx);
    } else {  // line by line, since the lines of dx are longer than what kernels see
      std::fill_n(dx, G::H * G::W, S{0});
      for (std::size_t i = 0; i < G::H - unseen_h; ++i)
        correlate<1, 1, G::W - unseen_w, Gradient::pitch>(memory + i * Gradient::pitch, flipped, S{0}, dx + i * G::W);
    }
  }

  static ODOT_NOINLINE ODOT_FLATTEN void add_weight_gradient(const S* x, const S* dy, S* dweight, S* memory) {
    Input::fill(x, memory);
    double totals[K * K] = {};
    constexpr std::size_t registers = (G::out_w + L - 1) / L,
                          lines = (std::max)(sum_stretch / registers, std::size_t{1});
    for (std::size_t begin = 0; begin < G::out_h; begin += lines) {
      const std::size_t end = (std::min)(begin + lines, G::out_h);
      for (std::size_t u = 0; u < K; ++u) kernel_row(memory + u * Input::pitch, dy, begin, end, totals + u * K);
    }
    for (std::size_t k = 0; k < K * K; ++k) dweight[k] += static_cast<S>(totals[k]);
  }

 private:
  /// y[i, j] = bias + Σ_{u,v} kernel[u, v] · plane[i · Stride + u, j · Stride + v]
  template <std::size_t Stride, std::size_t Rows, std::size_t Columns, std::size_t Pitch>
  static ODOT_INLINE void correlate(const S* plane, const S* kernel, S bias, S* y) {
    for (std::size_t i = 0; i < Rows; ++i) {
      const S* line = plane + i * Stride * Pitch;
      S* to = y + i * Columns;
      const auto numbers = [&](std::size_t j) {
        Number sum(bias);
#pragma GCC unroll 8
        for (std::size_t u = 0; u < K; ++u)
#pragma GCC unroll 8
          for (std::size_t v = 0; v < K; ++v)
            sum = multiply_add(Access::number(simd::load_every<Stride>(line + u * Pitch + j * Stride + v)),
                               Number(kernel[u * K + v]), sum);
        return sum;
      };
      for (std::size_t j = 0; j + L <= Columns; j += L) Access::template store<true>(to + j, L, numbers(j));
      constexpr std::size_t rest = Columns % L;
      if constexpr (rest > 0) Access::template store<false>(to + Columns - rest, rest, numbers(Columns - rest));
    }
  }

  /// totals[v] += Σ over the lines begin … end − 1 of dy[i, j] · plane[i · stride, j · stride + v], a wide
  /// kernel is computed a few columns at a time, so that the sums fit registers.
  static ODOT_INLINE void kernel_row(const S* plane, const S* dy, std::size_t begin, std::size_t end, double* totals) {
    constexpr std::size_t step = std::min<std::size_t>(K, 8), rest = K % step;
    for (std::size_t v = 0; v + step <= K; v += step) kernel_piece<step>(plane + v, dy, begin, end, totals + v);
    if constexpr (rest > 0) kernel_piece<rest>(plane + K - rest, dy, begin, end, totals + K - rest);
  }
  template <std::size_t Taps>
  static ODOT_INLINE void kernel_piece(const S* plane, const S* dy, std::size_t begin, std::size_t end,
                                       double* totals) {
    Number sums[Taps];
    for (Number& sum : sums) sum = Number(S{0});
    for (std::size_t i = begin; i < end; ++i) {
      const S *line = plane + i * stride * Input::pitch, *grads = dy + i * G::out_w;
      const auto add = [&](auto whole, std::size_t j) {
        const Number grad = Access::template load<whole>(grads + j, G::out_w % L);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Taps; ++v)
          sums[v] = multiply_add(grad, Access::number(simd::load_every<stride>(line + j * stride + v)), sums[v]);
      };
      for (std::size_t j = 0; j + L <= G::out_w; j += L) add(std::true_type{}, j);
      if constexpr (G::out_w % L > 0) add(std::false_type{}, G::out_w / L * L);
    }
    for (std::size_t v = 0; v < Taps; ++v) totals[v] += static_cast<double>(simd::sum(Access::packet(sums[v])));
  }
};

}  // namespace odot::kernels::detail
