#pragma once
// SPDX-License-Identifier: MIT
// The fully connected product on the GPU.

#include "odot/kernels/gpu/gemm.hpp"
#include "odot/kernels/linear/contract.hpp"

namespace odot::kernels {

template <>
struct Linear<Gpu> {
  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Gpu>&, BatchView<Shape<In>, const S, Gpu> x, TensorView<Shape<Out, In>, const S, Gpu> w,
                      TensorView<Shape<Out>, const S, Gpu> bias, BatchView<Shape<Out>, S, Gpu> y) {
    S* out = y.data();
    const S* b = bias.data();
    if (bias) gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { out[i] = b[i % Out]; });
    gpu::multiply<false, true, S>({x.samples(), Out, In}, {x.data(), In}, {w.data(), In}, bias ? S{1} : S{0},
                                  {out, Out});
  }

  template <class S, std::size_t In, std::size_t Out>
  static void backward(Workspace<Gpu>& workspace, BatchView<Shape<In>, const S, Gpu> x,
                       TensorView<Shape<Out, In>, const S, Gpu> weight, BatchView<Shape<Out>, const S, Gpu> dy,
                       TensorView<Shape<Out, In>, S, Gpu> dweight, TensorView<Shape<Out>, S, Gpu> dbias,
                       BatchView<Shape<In>, S, Gpu> dx) {
    const std::size_t samples = x.samples();
    // y = x Wᵀ + b
    gpu::multiply<true, false, S>({Out, In, samples}, {dy.data(), Out}, {x.data(), In}, S{1}, {dweight.data(), In});
    if (dx)
      gpu::multiply<false, false, S>({samples, In, Out}, {dy.data(), Out}, {weight.data(), In}, S{0}, {dx.data(), In});
    if (!dbias) return;
    const S* grad = dy.data();
    S* db = dbias.data();
    gpu::reduce_columns(
        workspace, samples, Out, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t n, std::size_t o) { return static_cast<double>(grad[n * Out + o]); },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t o, double sum) { db[o] += static_cast<S>(sum); });
  }
};

static_assert(LinearKernel<Linear<Gpu>, Gpu>);

}  // namespace odot::kernels
