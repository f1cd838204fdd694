#pragma once
// SPDX-License-Identifier: MIT
// The fully connected product on the CPU: three products of matrices, and a sum of rows.

#include <cstddef>

#include "odot/kernels/linear/contract.hpp"
#include "odot/kernels/products/multiply.hpp"

namespace odot::kernels {

template <>
struct Linear<Cpu> {
  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<In>, const S> x,
                      TensorView<Shape<Out, In>, const S> weight, TensorView<Shape<Out>, const S> bias,
                      BatchView<Shape<Out>, S> y) {
    multiply<S>(workspace, {.rows = x.samples(),
                            .columns = Out,
                            .terms = In,
                            .a = row_major(x.data(), In),
                            .b = row_major(weight.data(), In).transposed(),
                            .c = row_major(y.data(), Out),
                            .bias = bias.data()});
  }

  template <class S, std::size_t In, std::size_t Out>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<In>, const S> x,
                       TensorView<Shape<Out, In>, const S> weight, BatchView<Shape<Out>, const S> dy,
                       TensorView<Shape<Out, In>, S> dweight, TensorView<Shape<Out>, S> dbias,
                       BatchView<Shape<In>, S> dx) {
    const std::size_t samples = x.samples();
    // y = x Wᵀ + b
    multiply<S>(workspace, {.rows = Out,
                            .columns = In,
                            .terms = samples,
                            .a = row_major(dy.data(), Out).transposed(),
                            .b = row_major(x.data(), In),
                            .c = row_major(dweight.data(), In),
                            .add = true});
    if (dbias) add_rows<S>(workspace, samples, Out, dy.data(), dbias.data());
    if (dx)
      multiply<S>(workspace, {.rows = samples,
                              .columns = In,
                              .terms = Out,
                              .a = row_major(dy.data(), Out),
                              .b = row_major(weight.data(), In),
                              .c = row_major(dx.data(), In)});
  }
};

static_assert(LinearKernel<Linear<Cpu>, Cpu>);

}  // namespace odot::kernels
