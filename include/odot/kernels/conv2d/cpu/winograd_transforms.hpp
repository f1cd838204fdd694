#pragma once
// SPDX-License-Identifier: MIT
// The transforms of Winograd's convolution F(4×4, 3×3), on packets.
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A,   g 3×3 kernel, d 6×6 input tile, Y 4×4 output tile
// Source  Lavin, Gray, "Fast algorithms for convolutional neural networks", 2016, section 4.3

#include <cstddef>

#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail::winograd {

inline constexpr std::size_t in_tile = 6, out_tile = 4, frequencies = in_tile * in_tile;

/// out = Bᵀ d for one column d of six.
template <class S, class P>
ODOT_INLINE void input_column(const P (&d)[6], P (&out)[6]) {
  using simd::add, simd::all, simd::multiply, simd::subtract;
  const P four = all(S{4}), two = all(S{2}), five = all(S{5});
  const P even = subtract(d[4], multiply(four, d[2]));    // d4 − 4 d2
  const P odd = subtract(d[3], multiply(four, d[1]));     // d3 − 4 d1
  const P low_even = subtract(d[4], d[2]);                // d4 − d2
  const P low_odd = multiply(two, subtract(d[3], d[1]));  // 2 (d3 − d1)
  out[0] = add(multiply(four, d[0]), subtract(d[4], multiply(five, d[2])));
  out[1] = add(even, odd);
  out[2] = subtract(even, odd);
  out[3] = add(low_even, low_odd);
  out[4] = subtract(low_even, low_odd);
  out[5] = add(multiply(four, d[1]), subtract(d[5], multiply(five, d[3])));
}

/// out = Aᵀ m for one column m of six.
template <class S, class P>
ODOT_INLINE void output_column(const P (&m)[6], P (&out)[4]) {
  using simd::add, simd::all, simd::multiply_add, simd::subtract;
  const P sum = add(m[1], m[2]), difference = subtract(m[1], m[2]);
  const P far_sum = add(m[3], m[4]), far_difference = subtract(m[3], m[4]);
  out[0] = add(add(m[0], sum), far_sum);
  out[1] = multiply_add(far_difference, all(S{2}), difference);
  out[2] = multiply_add(far_sum, all(S{4}), sum);
  out[3] = add(multiply_add(far_difference, all(S{8}), difference), m[5]);
}

/// out = A y for one column y of four: the transpose of output_column.
template <class S, class P>
ODOT_INLINE void gradient_column(const P (&y)[4], P (&out)[6]) {
  using simd::add, simd::all, simd::multiply, simd::multiply_add, simd::subtract;
  const P even = add(y[0], y[2]), odd = add(y[1], y[3]);
  const P far_even = multiply_add(y[2], all(S{4}), y[0]);
  const P far_odd = multiply(multiply_add(y[3], all(S{4}), y[1]), all(S{2}));
  out[0] = y[0];
  out[1] = add(even, odd);
  out[2] = subtract(even, odd);
  out[3] = add(far_even, far_odd);
  out[4] = subtract(far_even, far_odd);
  out[5] = y[3];
}

/// out = G g for one column g of three.
template <class S, class P>
ODOT_INLINE void kernel_column(const P (&g)[3], P (&out)[6]) {
  using simd::add, simd::all, simd::multiply, simd::subtract;
  const P sixth = all(S{1} / 6), quarter = multiply(g[0], all(S{1} / 4));
  const P even = multiply(add(g[0], g[2]), all(-S{1} / 6)), odd = multiply(g[1], sixth);
  const P far_even = multiply(add(quarter, g[2]), sixth), far_odd = multiply(g[1], all(S{1} / 12));
  out[0] = quarter;
  out[1] = subtract(even, odd);
  out[2] = add(even, odd);
  out[3] = add(far_even, far_odd);
  out[4] = subtract(far_even, far_odd);
  out[5] = g[2];
}

/// G, row-major 6×3.
template <class S>
inline constexpr S kernel_matrix[6][3] = {
    {S{1} / 4, 0, 0},
    {-S{1} / 6, -S{1} / 6, -S{1} / 6},
    {-S{1} / 6, S{1} / 6, -S{1} / 6},
    {S{1} / 24, S{1} / 12, S{1} / 6},
    {S{1} / 24, -S{1} / 12, S{1} / 6},
    {0, 0, 1},
};

/// g [3×3] += Gᵀ u G: the gradient of the kernel's transform.
template <class S>
void transform_kernel_gradient(const S* u, S* g) {
  const auto& matrix = kernel_matrix<S>;
  for (std::size_t v = 0; v < 3; ++v)
    for (std::size_t w = 0; w < 3; ++w) {
      S sum{0};
      for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 6; ++j) sum += matrix[i][v] * u[i * 6 + j] * matrix[j][w];
      g[v * 3 + w] += sum;
    }
}

}  // namespace odot::kernels::detail::winograd
