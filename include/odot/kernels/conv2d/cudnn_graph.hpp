#pragma once
// SPDX-License-Identifier: MIT
// The passes of a 2-D convolution of floats in NCHW as graphs of cuDNN's, each of one operation.

#include <array>
#include <compare>
#include <cstdint>

#include "odot/kernels/gpu/cudnn.hpp"

namespace odot::kernels::detail {

using nvidia::detail::CudnnDescriptor;

/// A pass, result = f(operands) + beta · result, and cuDNN's names of what it has.
struct CudnnPass {
  const char* name;
  float beta;
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x_name, weight_name, y_name, convolution_name, alpha_name, beta_name;
};

/// y = W ⋆ x
inline constexpr CudnnPass cudnn_forward = {.name = "a convolution",
                                            .beta = 0,
                                            .operation = CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                                            .x_name = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                            .weight_name = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                            .y_name = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                                            .convolution_name = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                            .alpha_name = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                            .beta_name = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
/// dx = Wᵀ ⋆ dy
inline constexpr CudnnPass cudnn_backward_data = {
    .name = "a convolution's gradient by its input",
    .beta = 0,
    .operation = CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
    .x_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
    .weight_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
    .y_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
    .convolution_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
    .alpha_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
    .beta_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
/// dW += Σₙ dy ⋆ x
inline constexpr CudnnPass cudnn_backward_weight = {
    .name = "a convolution's gradient by its weights",
    .beta = 1,
    .operation = CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
    .x_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
    .weight_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
    .y_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
    .convolution_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
    .alpha_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
    .beta_name = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};

/// What the choice of a plan depends on.
struct CudnnConvolution {
  using Extents = std::array<std::int64_t, 4>;
  Extents x, weight, y;
  std::int64_t stride, padding;
  std::array<std::int64_t, 3> alignments;  // bytes
  bool tensor_float_32;
  auto operator<=>(const CudnnConvolution&) const = default;
};

/// The graph of a pass, with what it is made of.
class CudnnGraph {
 public:
  CudnnGraph(const CudnnPass& pass, const CudnnConvolution& c) : operation_(pass.operation) {
    describe(x_, 1, c.x, c.alignments[0]);
    describe(weight_, 2, c.weight, c.alignments[1]);
    describe(y_, 3, c.y, c.alignments[2]);
    describe_convolution(c.stride, c.padding);

    operation_.set(pass.x_name, x_.get());
    operation_.set(pass.weight_name, weight_.get());
    operation_.set(pass.y_name, y_.get());
    operation_.set(pass.convolution_name, convolution_.get());
    operation_.set(pass.alpha_name, 1.0F);
    operation_.set(pass.beta_name, pass.beta);
    operation_.finalize(pass.name);

    graph_.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, nvidia::detail::cudnn());
    graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_.get());
    graph_.finalize(pass.name);
  }

  const CudnnDescriptor& get() const { return graph_; }

 private:
  static void describe(CudnnDescriptor& tensor, std::int64_t id, const CudnnConvolution::Extents& extents,
                       std::int64_t alignment) {
    const auto [n, c, h, w] = extents;
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_DATA_FLOAT);
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment);
    tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, extents);
    tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CudnnConvolution::Extents{c * h * w, h * w, w, 1});
    tensor.finalize("describing a convolution's tensor");
  }

  void describe_convolution(std::int64_t stride, std::int64_t padding) {
    using Pair = std::array<std::int64_t, 2>;
    convolution_.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
    convolution_.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
    convolution_.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
    convolution_.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, Pair{1, 1});
    convolution_.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Pair{stride, stride});
    convolution_.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Pair{padding, padding});
    convolution_.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, Pair{padding, padding});
    convolution_.finalize("describing a convolution");
  }

  CudnnDescriptor x_{CUDNN_BACKEND_TENSOR_DESCRIPTOR}, weight_{CUDNN_BACKEND_TENSOR_DESCRIPTOR},
      y_{CUDNN_BACKEND_TENSOR_DESCRIPTOR}, convolution_{CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR}, operation_,
      graph_{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
};

}  // namespace odot::kernels::detail
