#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution of floats by cuDNN: by its graphs if TensorFloat-32 is allowed, otherwise by its older functions,
// each where it is faster (docs/gpu.md has the measurements). A thread's first pass over new sizes measures what cuDNN
// offers for it and takes the fastest plan that gives the same bits every time. If there is none, im2col is used.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/gpu/columns.hpp"
#include "odot/kernels/conv2d/gpu/cudnn_convolution.hpp"
#include "odot/kernels/conv2d/gpu/cudnn_functions.hpp"
#include "odot/kernels/conv2d/gpu/cudnn_graph.hpp"
#include "odot/kernels/gpu/cublas.hpp"
#include "odot/kernels/gpu/cudnn.hpp"
#include "odot/kernels/gpu/planes.hpp"

namespace odot::kernels {

namespace detail {

/// A pass of one convolution.
template <class Pass>
class CudnnPassPlan {
 public:
  using Way = std::variant<CudnnGraphPlan<Pass>, CudnnFunctionPlan<Pass>>;

  /// The fastest plan in the convolution's arithmetic, if cuDNN has one. Measuring overwrites the result.
  CudnnPassPlan(Workspace<Gpu>& workspace, const CudnnConvolution& convolution, const CudnnTensors& tensors) {
    if (convolution.tensor_float_32) way_ = CudnnGraphPlan<Pass>::quickest(workspace, convolution, tensors);
    else way_ = CudnnFunctionPlan<Pass>::quickest(workspace, convolution, tensors);
  }

  void run(Workspace<Gpu>& workspace, const CudnnTensors& tensors) const {
    std::visit([&](const auto& plan) { plan.run(workspace, tensors); }, way_.value());
  }

  const std::optional<Way>& way() const { return way_; }

 private:
  std::optional<Way> way_;
};

/// The calling thread's plan of a pass, chosen at its first use; null if cuDNN has none. Tensors may change from call
/// to call, but not their alignments.
template <class Pass>
const CudnnPassPlan<Pass>* cudnn_plan(Workspace<Gpu>& workspace, const CudnnConvolution& convolution,
                                      CudnnTensors tensors) {
  nvidia::detail::cudnn();  // the handle must outlive the plans
  thread_local std::map<CudnnConvolution, CudnnPassPlan<Pass>> known;
  auto place = known.find(convolution);
  if (place == known.end()) {
    auto frame = workspace.frame();
    const auto [o, c, u, v] = convolution.weight;
    if (Pass::beta != 0)  // measuring must not change what the result is added to
      tensors[1] = frame.template take<float>(static_cast<std::size_t>(o * c * u * v));
    place = known.emplace(convolution, CudnnPassPlan<Pass>(workspace, convolution, tensors)).first;
  }
  return place->second.way() ? &place->second : nullptr;
}

}  // namespace detail

/// Conv2d of floats by cuDNN; arithmetic by nvidia::allow_tensor_float_32.
struct CudnnConv2d {
  /// The most numbers of a piece's input or output. Faster plans need memory for copies of both.
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
      backward_piece<G>(workspace, x ? x.subbatch(begin, samples) : decltype(x)(nullptr, samples), weight,
                        dy.subbatch(begin, samples), dweight, dbias, dx ? dx.subbatch(begin, samples) : dx);
    });
  }

  template <class G>
  static void forward_piece(Workspace<Gpu>& workspace, BatchView<typename G::input, const float, Gpu> x,
                            TensorView<typename G::weight, const float, Gpu> weight,
                            TensorView<typename G::bias, const float, Gpu> bias,
                            BatchView<typename G::output, float, Gpu> y) {
    const detail::CudnnTensors tensors{x.data(), weight.data(), y.data()};
    const auto* plan =
        detail::cudnn_plan<detail::CudnnForward>(workspace, convolution<G>(x.samples(), tensors), tensors);
    if (!plan) return ColumnsConv2d::forward<G>(workspace, x, weight, bias, y);
    plan->run(workspace, tensors);
    if (bias) gpu::add_channel_bias<G::O, G::out_h * G::out_w>(x.samples() * G::O, bias.data(), y.data());
  }

  template <class G>
  static void backward_piece(Workspace<Gpu>& workspace, BatchView<typename G::input, const float, Gpu> x,
                             TensorView<typename G::weight, const float, Gpu> weight,
                             BatchView<typename G::output, const float, Gpu> dy,
                             TensorView<typename G::weight, float, Gpu> dweight,
                             TensorView<typename G::bias, float, Gpu> dbias,
                             BatchView<typename G::input, float, Gpu> dx) {
    const detail::CudnnTensors for_weight{x.data(), dweight.data(), dy.data()};
    const detail::CudnnTensors for_data{dx.data(), weight.data(), dy.data()};
    const auto* weight_plan = dweight ? detail::cudnn_plan<detail::CudnnBackwardWeight>(
                                            workspace, convolution<G>(x.samples(), for_weight), for_weight)
                                      : nullptr;
    const auto* data_plan =
        dx ? detail::cudnn_plan<detail::CudnnBackwardData>(workspace, convolution<G>(x.samples(), for_data), for_data)
           : nullptr;
    if ((dweight && !weight_plan) || (dx && !data_plan))
      return ColumnsConv2d::backward<G>(workspace, x, weight, dy, dweight, dbias, dx);
    // y = W ⋆ x + b
    if (dweight && dbias)
      gpu::add_channel_sums<G::O, G::out_h * G::out_w>(workspace, x.samples(), dy.data(), dbias.data());
    if (dweight) weight_plan->run(workspace, for_weight);
    if (dx) data_plan->run(workspace, for_data);
  }

  /// body(first sample, samples) for one piece of the batch after the other. The pieces are as equal as possible,
  /// because every number of samples is measured.
  template <class G, class Body>
  static void each_piece(std::size_t samples, const Body& body) {
    constexpr std::size_t numbers = (std::max)(G::input::size, G::output::size);
    static_assert(numbers <= INT32_MAX, "odot, GPU: a convolution by cuDNN takes samples of fewer than 2^31 numbers");
    constexpr std::size_t most = std::max<std::size_t>(1, most_numbers / numbers);
    const std::size_t pieces = (samples + most - 1) / most;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const std::size_t begin = piece * samples / pieces;
      body(begin, (piece + 1) * samples / pieces - begin);
    }
  }

  /// The convolution that cuDNN sees, in the arithmetic that the calling thread allows.
  template <class G>
  static detail::CudnnConvolution convolution(std::size_t samples, const detail::CudnnTensors& tensors) {
    const auto alignment = [](const float* tensor) {
      return std::int64_t{1} << std::countr_zero(reinterpret_cast<std::uintptr_t>(tensor) | 16);
    };
    const auto n = static_cast<std::int64_t>(samples);
    return {.x = {n, G::C, G::H, G::W},
            .weight = {G::O, G::C, G::K, G::K},
            .y = {n, G::O, G::out_h, G::out_w},
            .stride = G::stride,
            .padding = G::padding,
            .alignments = {alignment(tensors[0]), alignment(tensors[1]), alignment(tensors[2])},
            .tensor_float_32 = nvidia::detail::tensor_float_32};
  }
};

}  // namespace odot::kernels
