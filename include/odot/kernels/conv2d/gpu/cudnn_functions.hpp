#pragma once
// SPDX-License-Identifier: MIT
// The passes of a 2-D convolution by cuDNN's older functions, one per pass, with a few algorithms each. They are for
// full float, where only they have Fourier and Winograd algorithms, which took about half the time of the best engines
// of graphs.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "odot/core/checked.hpp"
#include "odot/kernels/conv2d/gpu/cudnn_convolution.hpp"
#include "odot/kernels/gpu/cudnn.hpp"

namespace odot::kernels::detail {

using nvidia::detail::CudnnTensors;  // x, weight, y, or gradients in their place

/// A convolution as the functions take it, in full float.
struct CudnnDescriptors {
  template <class T, cudnnStatus_t (*Create)(T*), cudnnStatus_t (*Destroy)(T)>
  using Object = nvidia::detail::CudnnObject<T, Create, Destroy>;
  using Tensor = Object<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
  using Filter = Object<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
  using Convolution =
      Object<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor, cudnnDestroyConvolutionDescriptor>;

  Tensor x, y;
  Filter weight;
  Convolution convolution;

  explicit CudnnDescriptors(const CudnnConvolution& c) {
    using nvidia::check;
    describe(x, c.x);
    describe(y, c.y);
    const auto [o, i, u, v] = ints(c.weight);
    check(cudnnSetFilter4dDescriptor(weight.get(), CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, o, i, u, v),
          "describing a convolution's weights");
    const int padding = narrow(c.padding), stride = narrow(c.stride);
    check(cudnnSetConvolution2dDescriptor(convolution.get(), padding, padding, stride, stride, 1, 1,
                                          CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
          "describing a convolution");
    check(cudnnSetConvolutionMathType(convolution.get(), CUDNN_FMA_MATH), "choosing a convolution's arithmetic");
  }

 private:
  static int narrow(std::int64_t extent) {
    return checked_int("odot, GPU: a convolution by cuDNN", static_cast<std::size_t>(extent));
  }
  static std::array<int, 4> ints(const CudnnConvolution::Extents& e) {
    return {narrow(e[0]), narrow(e[1]), narrow(e[2]), narrow(e[3])};
  }
  static void describe(Tensor& tensor, const CudnnConvolution::Extents& extents) {
    const auto [n, c, h, w] = ints(extents);
    nvidia::check(cudnnSetTensor4dDescriptor(tensor.get(), CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, c, h, w),
                  "describing a convolution's tensor");
  }
};

/// A pass's functions.
template <class Pass>
struct CudnnFunctions;

/// The result among a pass's tensors.
inline float* cudnn_result(const float* tensor) { return const_cast<float*>(tensor); }

template <>
struct CudnnFunctions<CudnnForward> {
  using Measurement = cudnnConvolutionFwdAlgoPerf_t;
  using Algorithm = cudnnConvolutionFwdAlgo_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_FWD_ALGO_COUNT;

  static cudnnStatus_t bytes(const CudnnDescriptors& d, Algorithm algorithm, std::size_t* bytes) {
    return cudnnGetConvolutionForwardWorkspaceSize(nvidia::detail::cudnn(), d.x.get(), d.weight.get(),
                                                   d.convolution.get(), d.y.get(), algorithm, bytes);
  }
  static cudnnStatus_t measure(const CudnnDescriptors& d, const CudnnTensors& t, std::span<Measurement> results,
                               int* found, std::span<std::byte> memory) {
    return cudnnFindConvolutionForwardAlgorithmEx(
        nvidia::detail::cudnn(), d.x.get(), t[0], d.weight.get(), t[1], d.convolution.get(), d.y.get(),
        cudnn_result(t[2]), static_cast<int>(results.size()), found, results.data(), memory.data(), memory.size());
  }
  static cudnnStatus_t run(const CudnnDescriptors& d, Algorithm algorithm, const CudnnTensors& t, float alpha,
                           float beta, std::span<std::byte> memory) {
    return cudnnConvolutionForward(nvidia::detail::cudnn(), &alpha, d.x.get(), t[0], d.weight.get(), t[1],
                                   d.convolution.get(), algorithm, memory.data(), memory.size(), &beta, d.y.get(),
                                   cudnn_result(t[2]));
  }
};

template <>
struct CudnnFunctions<CudnnBackwardData> {
  using Measurement = cudnnConvolutionBwdDataAlgoPerf_t;
  using Algorithm = cudnnConvolutionBwdDataAlgo_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT;

  static cudnnStatus_t bytes(const CudnnDescriptors& d, Algorithm algorithm, std::size_t* bytes) {
    return cudnnGetConvolutionBackwardDataWorkspaceSize(nvidia::detail::cudnn(), d.weight.get(), d.y.get(),
                                                        d.convolution.get(), d.x.get(), algorithm, bytes);
  }
  static cudnnStatus_t measure(const CudnnDescriptors& d, const CudnnTensors& t, std::span<Measurement> results,
                               int* found, std::span<std::byte> memory) {
    return cudnnFindConvolutionBackwardDataAlgorithmEx(
        nvidia::detail::cudnn(), d.weight.get(), t[1], d.y.get(), t[2], d.convolution.get(), d.x.get(),
        cudnn_result(t[0]), static_cast<int>(results.size()), found, results.data(), memory.data(), memory.size());
  }
  static cudnnStatus_t run(const CudnnDescriptors& d, Algorithm algorithm, const CudnnTensors& t, float alpha,
                           float beta, std::span<std::byte> memory) {
    return cudnnConvolutionBackwardData(nvidia::detail::cudnn(), &alpha, d.weight.get(), t[1], d.y.get(), t[2],
                                        d.convolution.get(), algorithm, memory.data(), memory.size(), &beta, d.x.get(),
                                        cudnn_result(t[0]));
  }
};

template <>
struct CudnnFunctions<CudnnBackwardWeight> {
  using Measurement = cudnnConvolutionBwdFilterAlgoPerf_t;
  using Algorithm = cudnnConvolutionBwdFilterAlgo_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT;

  static cudnnStatus_t bytes(const CudnnDescriptors& d, Algorithm algorithm, std::size_t* bytes) {
    return cudnnGetConvolutionBackwardFilterWorkspaceSize(nvidia::detail::cudnn(), d.x.get(), d.y.get(),
                                                          d.convolution.get(), d.weight.get(), algorithm, bytes);
  }
  static cudnnStatus_t measure(const CudnnDescriptors& d, const CudnnTensors& t, std::span<Measurement> results,
                               int* found, std::span<std::byte> memory) {
    return cudnnFindConvolutionBackwardFilterAlgorithmEx(
        nvidia::detail::cudnn(), d.x.get(), t[0], d.y.get(), t[2], d.convolution.get(), d.weight.get(),
        cudnn_result(t[1]), static_cast<int>(results.size()), found, results.data(), memory.data(), memory.size());
  }
  static cudnnStatus_t run(const CudnnDescriptors& d, Algorithm algorithm, const CudnnTensors& t, float alpha,
                           float beta, std::span<std::byte> memory) {
    return cudnnConvolutionBackwardFilter(nvidia::detail::cudnn(), &alpha, d.x.get(), t[0], d.y.get(), t[2],
                                          d.convolution.get(), algorithm, memory.data(), memory.size(), &beta,
                                          d.weight.get(), cudnn_result(t[1]));
  }
};

/// A pass of one convolution by the fastest algorithm of its function.
template <class Pass>
class CudnnFunctionPlan {
 public:
  using Functions = CudnnFunctions<Pass>;
  using Measurement = typename Functions::Measurement;
  static constexpr std::size_t most_bytes = std::size_t{2} << 30;  ///< of working memory

  /// Nothing if cuDNN has no algorithm. Measuring overwrites the result.
  static std::optional<CudnnFunctionPlan> quickest(Workspace<Gpu>& workspace, const CudnnConvolution& convolution,
                                                   const CudnnTensors& tensors) {
    const CudnnDescriptors d(convolution);
    auto frame = workspace.frame();
    const std::span<std::byte> memory = nvidia::detail::cudnn_memory(frame, largest_workspace(d));
    std::array<Measurement, 4 * Functions::algorithms> results{};  // one per algorithm and arithmetic
    int found = 0;
    nvidia::check(Functions::measure(d, tensors, results, &found, memory),
                  (std::string("measuring the algorithms of ") + Pass::name).c_str());
    for (const Measurement& result : std::span(results).first(static_cast<std::size_t>(found)))  // the fastest first
      if (usable(result) && result.memory <= memory.size()) return CudnnFunctionPlan(convolution, result);
    return std::nullopt;
  }

  void run(Workspace<Gpu>& workspace, const CudnnTensors& tensors) const {
    auto frame = workspace.frame();
    const std::span<std::byte> memory(frame.template take<std::byte>(choice_.memory), choice_.memory);
    nvidia::check(Functions::run(descriptors_, choice_.algo, tensors, 1, Pass::beta, memory), Pass::name);
  }

  /// The measurement that decided.
  const Measurement& choice() const { return choice_; }

 private:
  CudnnFunctionPlan(const CudnnConvolution& convolution, const Measurement& choice)
      : descriptors_(convolution), choice_(choice) {}

  /// The most bytes that an algorithm needs, of those that need at most most_bytes.
  static std::size_t largest_workspace(const CudnnDescriptors& d) {
    std::size_t largest = 0;
    for (int i = 0; i < Functions::algorithms; ++i) {
      std::size_t bytes = 0;
      if (Functions::bytes(d, static_cast<typename Functions::Algorithm>(i), &bytes) == CUDNN_STATUS_SUCCESS &&
          bytes <= most_bytes)
        largest = (std::max)(largest, bytes);
    }
    return largest;
  }

  /// Whether it gives the same bits every time, in full float.
  static bool usable(const Measurement& result) {
    return result.status == CUDNN_STATUS_SUCCESS && result.determinism == CUDNN_DETERMINISTIC &&
           result.mathType == CUDNN_FMA_MATH;
  }

  CudnnDescriptors descriptors_;
  Measurement choice_;
};

}  // namespace odot::kernels::detail
