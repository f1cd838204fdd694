#pragma once
// SPDX-License-Identifier: MIT
// The passes of a 2-D convolution by cuDNN's graphs, each of one operation. They are for TensorFloat-32, where their
// engines were the fastest; in full float they have no Fourier or Winograd transforms.

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "odot/kernels/conv2d/gpu/cudnn_convolution.hpp"
#include "odot/kernels/gpu/cudnn.hpp"
#include "odot/kernels/gpu/cudnn_plan.hpp"

namespace odot::kernels::detail {

using nvidia::detail::CudnnDescriptor;
using nvidia::detail::CudnnPlan;
using nvidia::detail::CudnnTensors;  // x, weight, y, or gradients in their place

/// cuDNN's names for a pass and its attributes.
struct CudnnPassNames {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, weight, y, convolution, alpha, beta;
};

template <class Pass>
inline constexpr CudnnPassNames cudnn_names{};
template <>
inline constexpr CudnnPassNames cudnn_names<CudnnForward> = {
    .operation = CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
    .x = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
    .weight = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
    .y = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
    .convolution = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
    .alpha = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
    .beta = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
template <>
inline constexpr CudnnPassNames cudnn_names<CudnnBackwardData> = {
    .operation = CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
    .x = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
    .weight = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
    .y = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
    .convolution = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
    .alpha = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
    .beta = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
template <>
inline constexpr CudnnPassNames cudnn_names<CudnnBackwardWeight> = {
    .operation = CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
    .x = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
    .weight = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
    .y = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
    .convolution = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
    .alpha = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
    .beta = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};

/// The graph of a pass, with its parts.
template <class Pass>
class CudnnGraph {
 public:
  explicit CudnnGraph(const CudnnConvolution& c) {
    constexpr CudnnPassNames names = cudnn_names<Pass>;
    describe(x_, 1, c.x, c.alignments[0]);
    describe(weight_, 2, c.weight, c.alignments[1]);
    describe(y_, 3, c.y, c.alignments[2]);
    describe_convolution(c.stride, c.padding);

    operation_.set(names.x, x_.get());
    operation_.set(names.weight, weight_.get());
    operation_.set(names.y, y_.get());
    operation_.set(names.convolution, convolution_.get());
    operation_.set(names.alpha, 1.0F);
    operation_.set(names.beta, Pass::beta);
    operation_.finalize(Pass::name);

    graph_.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, nvidia::detail::cudnn());
    graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_.get());
    graph_.finalize(Pass::name);
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
      y_{CUDNN_BACKEND_TENSOR_DESCRIPTOR}, convolution_{CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR},
      operation_{cudnn_names<Pass>.operation}, graph_{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
};

/// A pass of one convolution by the fastest plan for its graph.
template <class Pass>
class CudnnGraphPlan {
 public:
  /// Nothing if cuDNN has no plan. Measuring overwrites the result.
  static std::optional<CudnnGraphPlan> quickest(Workspace<Gpu>& workspace, const CudnnConvolution& convolution,
                                                const CudnnTensors& tensors) {
    const CudnnGraph<Pass> graph(convolution);
    std::optional<CudnnPlan> plan = nvidia::detail::quickest_cudnn_plan(workspace, graph.get(), tensors);
    if (!plan) return std::nullopt;
    return CudnnGraphPlan(std::move(*plan));
  }

  void run(Workspace<Gpu>& workspace, const CudnnTensors& tensors) const { plan_.run(workspace, tensors, Pass::name); }

  const CudnnPlan& plan() const { return plan_; }

 private:
  explicit CudnnGraphPlan(CudnnPlan plan) : plan_(std::move(plan)) {}

  CudnnPlan plan_;
};

}  // namespace odot::kernels::detail
