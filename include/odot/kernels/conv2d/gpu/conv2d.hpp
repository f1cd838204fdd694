#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution on the GPU: by im2col or, for floats if ODOT_CUDNN is defined, by cuDNN.

#include <type_traits>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/gpu/columns.hpp"

#ifdef ODOT_CUDNN
#include "odot/kernels/conv2d/gpu/cudnn.hpp"
#endif

namespace odot::kernels {

template <>
struct Conv2d<Gpu> {
#ifdef ODOT_CUDNN
  template <class S>
  using Way = std::conditional_t<std::is_same_v<S, float>, CudnnConv2d, ColumnsConv2d>;
#else
  template <class S>
  using Way = ColumnsConv2d;
#endif

  template <class G, class S>
  static void forward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                      TensorView<typename G::weight, const S, Gpu> weight,
                      TensorView<typename G::bias, const S, Gpu> bias, BatchView<typename G::output, S, Gpu> y) {
    Way<S>::template forward<G>(workspace, x, weight, bias, y);
  }

  template <class G, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::input, const S, Gpu> x,
                       TensorView<typename G::weight, const S, Gpu> weight,
                       BatchView<typename G::output, const S, Gpu> dy, TensorView<typename G::weight, S, Gpu> dweight,
                       TensorView<typename G::bias, S, Gpu> dbias, BatchView<typename G::input, S, Gpu> dx) {
    Way<S>::template backward<G>(workspace, x, weight, dy, dweight, dbias, dx);
  }
};

static_assert(Conv2dKernel<Conv2d<Gpu>, Gpu>);

}  // namespace odot::kernels
