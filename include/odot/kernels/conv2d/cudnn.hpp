#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution of floats by cuDNN's functions for convolutions in NCHW. A pass over new sizes first measures cuDNN's
// algorithms, once a thread, and takes the quickest of those that give the same bits every time; where there is none, the
// convolution goes by columns.

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "odot/kernels/conv2d/columns.hpp"
#include "odot/kernels/conv2d/conv2d.hpp"
#include "odot/kernels/gpu/cudnn.hpp"
#include "odot/kernels/gpu/planes.hpp"

namespace odot::kernels {

namespace detail {

/// What the choice of an algorithm depends on.
struct CudnnSizes {
  int samples, channels, height, width, out_channels, out_height, out_width, kernel, stride, padding;
  bool tensor_float_32;
  auto operator<=>(const CudnnSizes&) const = default;
};

struct CudnnDescriptors {
  nvidia::detail::CudnnTensor x, y;
  nvidia::detail::CudnnFilter weight;
  nvidia::detail::CudnnConvolution convolution;
  std::size_t weights;  ///< numbers

  explicit CudnnDescriptors(const CudnnSizes& s)
      : weights(static_cast<std::size_t>(s.out_channels) * static_cast<std::size_t>(s.channels) *
                static_cast<std::size_t>(s.kernel * s.kernel)) {
    using nvidia::check;
    check(cudnnSetTensor4dDescriptor(x.get(), CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, s.samples, s.channels, s.height,
                                     s.width),
          "describing a convolution's input");
    check(cudnnSetTensor4dDescriptor(y.get(), CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, s.samples, s.out_channels,
                                     s.out_height, s.out_width),
          "describing a convolution's output");
    check(cudnnSetFilter4dDescriptor(weight.get(), CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, s.out_channels, s.channels,
                                     s.kernel, s.kernel),
          "describing a convolution's weights");
    check(cudnnSetConvolution2dDescriptor(convolution.get(), s.padding, s.padding, s.stride, s.stride, 1, 1,
                                          CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
          "describing a convolution");
  }
};

// The passes, each as out = f(a, b) + beta out.

/// y = W ⋆ x
struct CudnnForward {
  using Measurement = cudnnConvolutionFwdAlgoPerf_t;
  using Algorithm = cudnnConvolutionFwdAlgo_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_FWD_ALGO_COUNT;
  static constexpr const char* name = "a convolution";
  static constexpr float beta = 0;

  static cudnnStatus_t bytes(const CudnnDescriptors& d, Algorithm algorithm, std::size_t* bytes) {
    return cudnnGetConvolutionForwardWorkspaceSize(nvidia::detail::cudnn(), d.x.get(), d.weight.get(),
                                                   d.convolution.get(), d.y.get(), algorithm, bytes);
  }
  static cudnnStatus_t measure(const CudnnDescriptors& d, const float* x, const float* weight, float* y, int most,
                               int* found, Measurement* results, void* memory, std::size_t bytes) {
    return cudnnFindConvolutionForwardAlgorithmEx(nvidia::detail::cudnn(), d.x.get(), x, d.weight.get(), weight,
                                                  d.convolution.get(), d.y.get(), y, most, found, results, memory,
                                                  bytes);
  }
  static cudnnStatus_t run(const CudnnDescriptors& d, Algorithm algorithm, const float* x, const float* weight,
                           float* y, void* memory, std::size_t bytes) {
    const float one = 1;
    return cudnnConvolutionForward(nvidia::detail::cudnn(), &one, d.x.get(), x, d.weight.get(), weight,
                                   d.convolution.get(), algorithm, memory, bytes, &beta, d.y.get(), y);
  }
};

/// dx = Wᵀ ⋆ dy
struct CudnnBackwardData {
  using Measurement = cudnnConvolutionBwdDataAlgoPerf_t;
  using Algorithm = cudnnConvolutionBwdDataAlgo_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT;
  static constexpr const char* name = "a convolution's gradient by its input";
  static constexpr float beta = 0;

  static cudnnStatus_t bytes(const CudnnDescriptors& d, Algorithm algorithm, std::size_t* bytes) {
    return cudnnGetConvolutionBackwardDataWorkspaceSize(nvidia::detail::cudnn(), d.weight.get(), d.y.get(),
                                                        d.convolution.get(), d.x.get(), algorithm, bytes);
  }
  static cudnnStatus_t measure(const CudnnDescriptors& d, const float* weight, const float* dy, float* dx, int most,
                               int* found, Measurement* results, void* memory, std::size_t bytes) {
    return cudnnFindConvolutionBackwardDataAlgorithmEx(nvidia::detail::cudnn(), d.weight.get(), weight, d.y.get(), dy,
                                                       d.convolution.get(), d.x.get(), dx, most, found, results, memory,
                                                       bytes);
  }
  static cudnnStatus_t run(const CudnnDescriptors& d, Algorithm algorithm, const float* weight, const float* dy,
                           float* dx, void* memory, std::size_t bytes) {
    const float one = 1;
    return cudnnConvolutionBackwardData(nvidia::detail::cudnn(), &one, d.weight.get(), weight, d.y.get(), dy,
                                        d.convolution.get(), algorithm, memory, bytes, &beta, d.x.get(), dx);
  }
};

/// dW += Σₙ dy ⋆ x
struct CudnnBackwardWeight {
  using Measurement = cudnnConvolutionBwdFilterAlgoPerf_t;
  using Algorithm = cudnnConvolutionBwdFilterAlgo_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT;
  static constexpr const char* name = "a convolution's gradient by its weights";
  static constexpr float beta = 1;

  static cudnnStatus_t bytes(const CudnnDescriptors& d, Algorithm algorithm, std::size_t* bytes) {
    return cudnnGetConvolutionBackwardFilterWorkspaceSize(nvidia::detail::cudnn(), d.x.get(), d.y.get(),
                                                          d.convolution.get(), d.weight.get(), algorithm, bytes);
  }
  static cudnnStatus_t measure(const CudnnDescriptors& d, const float* x, const float* dy, float* dweight, int most,
                               int* found, Measurement* results, void* memory, std::size_t bytes) {
    return cudnnFindConvolutionBackwardFilterAlgorithmEx(nvidia::detail::cudnn(), d.x.get(), x, d.y.get(), dy,
                                                         d.convolution.get(), d.weight.get(), dweight, most, found,
                                                         results, memory, bytes);
  }
  static cudnnStatus_t run(const CudnnDescriptors& d, Algorithm algorithm, const float* x, const float* dy,
                           float* dweight, void* memory, std::size_t bytes) {
    const float one = 1;
    return cudnnConvolutionBackwardFilter(nvidia::detail::cudnn(), &one, d.x.get(), x, d.y.get(), dy,
                                          d.convolution.get(), algorithm, memory, bytes, &beta, d.weight.get(),
                                          dweight);
  }
};

/// A pass of one convolution, by the algorithm that was the quickest at its first use.
template <class Pass>
class CudnnPass {
 public:
  using Measurement = typename Pass::Measurement;
  static constexpr std::size_t most_bytes = std::size_t{2} << 30;  ///< of working memory

  /// Whether there is an algorithm. Measures them at the first call.
  bool find(Workspace<Gpu>& workspace, const CudnnDescriptors& d, const float* a, const float* b, float* out) {
    if (!measured_) choice_ = quickest(workspace, d, a, b, out);
    measured_ = true;
    return choice_.has_value();
  }

  /// After find.
  void run(Workspace<Gpu>& workspace, const CudnnDescriptors& d, const float* a, const float* b, float* out) {
    auto frame = workspace.frame();
    set_math(d, choice_->mathType);
    nvidia::check(
        Pass::run(d, choice_->algo, a, b, out, frame.template take<std::byte>(choice_->memory), choice_->memory),
        Pass::name);
  }

  /// The measurement that decided.
  const std::optional<Measurement>& choice() const { return choice_; }

 private:
  static std::optional<Measurement> quickest(Workspace<Gpu>& workspace, const CudnnDescriptors& d, const float* a,
                                             const float* b, float* out) {
    set_math(d, nvidia::detail::cudnn_math());
    const std::size_t bytes = largest_workspace(d);
    auto frame = workspace.frame();
    void* memory = frame.template take<std::byte>(bytes);
    if (Pass::beta != 0) out = frame.template take<float>(d.weights);  // what is added to must not change
    std::array<Measurement, 4 * Pass::algorithms> results{};           // one an algorithm and arithmetic
    int found = 0;
    nvidia::check(Pass::measure(d, a, b, out, static_cast<int>(results.size()), &found, results.data(), memory, bytes),
                  std::string("measuring the algorithms of ") + Pass::name);
    for (int i = 0; i < found; ++i)  // the quickest first
      if (usable(results[static_cast<std::size_t>(i)])) return results[static_cast<std::size_t>(i)];
    return std::nullopt;
  }

  /// Bytes, of the algorithms that stay below most_bytes.
  static std::size_t largest_workspace(const CudnnDescriptors& d) {
    std::size_t largest = 0;
    for (int i = 0; i < Pass::algorithms; ++i) {
      std::size_t bytes = 0;
      if (Pass::bytes(d, static_cast<typename Pass::Algorithm>(i), &bytes) == CUDNN_STATUS_SUCCESS &&
          bytes <= most_bytes)
        largest = std::max(largest, bytes);
    }
    return largest;
  }

  static bool usable(const Measurement& result) {
    const bool arithmetic = nvidia::detail::tensor_float_32
                                ? result.mathType != CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION  // not to 16 bits
                                : result.mathType == CUDNN_FMA_MATH;
    return result.status == CUDNN_STATUS_SUCCESS && result.determinism == CUDNN_DETERMINISTIC &&
           result.memory <= most_bytes && arithmetic;
  }

  static void set_math(const CudnnDescriptors& d, cudnnMathType_t math) {
    nvidia::check(cudnnSetConvolutionMathType(d.convolution.get(), math), "choosing a convolution's arithmetic");
  }

  std::optional<Measurement> choice_;
  bool measured_ = false;
};

struct CudnnPasses {
  CudnnDescriptors descriptors;
  CudnnPass<CudnnForward> forward;
  CudnnPass<CudnnBackwardData> backward_data;
  CudnnPass<CudnnBackwardWeight> backward_weight;

  explicit CudnnPasses(const CudnnSizes& sizes) : descriptors(sizes) {}
};

/// The calling thread's convolution of these sizes.
inline CudnnPasses& cudnn_passes(const CudnnSizes& sizes) {
  thread_local std::map<CudnnSizes, CudnnPasses> known;
  return known.try_emplace(sizes, sizes).first->second;
}

}  // namespace detail

/// Conv2d of floats by cuDNN; arithmetic by nvidia::allow_tensor_float_32.
struct CudnnConv2d {
  /// Of a piece's input or output: what cuDNN's quicker algorithms need memory for.
  static constexpr std::size_t most_numbers = std::size_t{80} << 20;

  template <class G>
  static void forward(Workspace<Gpu>& workspace, BatchView<typename G::input, const float, Gpu> x,
                      TensorView<typename G::weight, const float, Gpu> weight,
                      TensorView<typename G::bias, const float, Gpu> bias,
                      BatchView<typename G::output, float, Gpu> y) {
    each_piece<G>(x.samples(), [&](std::size_t begin, std::size_t samples) {
      forward_piece<G>(workspace, x.subbatch(begin, samples), weight, bias, y.subbatch(begin, samples));
    });
  }

  template <class G>
  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::input, const float, Gpu> x,
                       TensorView<typename G::weight, const float, Gpu> weight,
                       BatchView<typename G::output, const float, Gpu> dy,
                       TensorView<typename G::weight, float, Gpu> dweight,
                       TensorView<typename G::bias, float, Gpu> dbias, BatchView<typename G::input, float, Gpu> dx) {
    each_piece<G>(x.samples(), [&](std::size_t begin, std::size_t samples) {
      backward_piece<G>(workspace, x.subbatch(begin, samples), weight, dy.subbatch(begin, samples), dweight, dbias,
                        dx ? dx.subbatch(begin, samples) : dx);
    });
  }

  template <class G>
  static void forward_piece(Workspace<Gpu>& workspace, BatchView<typename G::input, const float, Gpu> x,
                            TensorView<typename G::weight, const float, Gpu> weight,
                            TensorView<typename G::bias, const float, Gpu> bias,
                            BatchView<typename G::output, float, Gpu> y) {
    detail::CudnnPasses& passes = detail::cudnn_passes(sizes<G>(x.samples()));
    if (!passes.forward.find(workspace, passes.descriptors, x.data(), weight.data(), y.data()))
      return ColumnsConv2d::forward<G>(workspace, x, weight, bias, y);
    passes.forward.run(workspace, passes.descriptors, x.data(), weight.data(), y.data());
    if (bias) gpu::add_channel_bias<G::O, G::out_h * G::out_w>(x.samples() * G::O, bias.data(), y.data());
  }

  template <class G>
  static void backward_piece(Workspace<Gpu>& workspace, BatchView<typename G::input, const float, Gpu> x,
                             TensorView<typename G::weight, const float, Gpu> weight,
                             BatchView<typename G::output, const float, Gpu> dy,
                             TensorView<typename G::weight, float, Gpu> dweight,
                             TensorView<typename G::bias, float, Gpu> dbias,
                             BatchView<typename G::input, float, Gpu> dx) {
    detail::CudnnPasses& passes = detail::cudnn_passes(sizes<G>(x.samples()));
    const detail::CudnnDescriptors& descriptors = passes.descriptors;
    if (!passes.backward_weight.find(workspace, descriptors, x.data(), dy.data(), dweight.data()) ||
        (dx && !passes.backward_data.find(workspace, descriptors, weight.data(), dy.data(), dx.data())))
      return ColumnsConv2d::backward<G>(workspace, x, weight, dy, dweight, dbias, dx);
    // y = W ⋆ x + b
    if (dbias) gpu::add_channel_sums<G::O, G::out_h * G::out_w>(workspace, x.samples(), dy.data(), dbias.data());
    passes.backward_weight.run(workspace, descriptors, x.data(), dy.data(), dweight.data());
    if (dx) passes.backward_data.run(workspace, descriptors, weight.data(), dy.data(), dx.data());
  }

  /// body(first sample, samples) for one piece of the batch after the other, as equal as may be: each number of samples
  /// is measured.
  template <class G, class Body>
  static void each_piece(std::size_t samples, const Body& body) {
    constexpr std::size_t numbers = std::max(G::input::size, G::output::size);
    static_assert(numbers <= INT32_MAX, "odot, GPU: a convolution by cuDNN takes samples of fewer than 2^31 numbers");
    constexpr std::size_t most = std::max<std::size_t>(1, most_numbers / numbers);
    const std::size_t pieces = (samples + most - 1) / most;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const std::size_t begin = piece * samples / pieces;
      body(begin, (piece + 1) * samples / pieces - begin);
    }
  }

  /// The sizes of cuDNN's convolution, in the arithmetic that the calling thread allows.
  template <class G>
  static detail::CudnnSizes sizes(std::size_t samples) {
    return {.samples = static_cast<int>(samples),
            .channels = static_cast<int>(G::C),
            .height = static_cast<int>(G::H),
            .width = static_cast<int>(G::W),
            .out_channels = static_cast<int>(G::O),
            .out_height = static_cast<int>(G::out_h),
            .out_width = static_cast<int>(G::out_w),
            .kernel = static_cast<int>(G::K),
            .stride = static_cast<int>(G::stride),
            .padding = static_cast<int>(G::padding),
            .tensor_float_32 = nvidia::detail::tensor_float_32};
  }
};

}  // namespace odot::kernels
