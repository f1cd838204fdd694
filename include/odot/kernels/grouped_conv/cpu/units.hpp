#pragma once
// SPDX-License-Identifier: MIT
// One group of channels of one sample: how its convolution is computed on the CPU, by DirectUnit, DepthwiseUnit or Im2Col.
// G: the group's own geometry.
//     static constexpr std::size_t scratch;                  elements of memory
//     static void forward(x, weight, bias, y, memory);
//     static void input_gradient(weight, dy, dx, memory);
//     static void add_weight_gradient(x, dy, dweight, memory);
//     static void clear(memory);                             optional: called before the others, for several planes

#include <algorithm>
#include <cstddef>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/cpu/direct.hpp"

namespace odot::kernels::detail {

/// The direct kernel, which has stride 1. For another stride it computes all outputs of stride 1 and keeps some of
/// them; backward, the gradients of the others are 0. With few channels per group that takes less time than moving the
/// numbers.
template <class G, class S>
struct DirectUnit {
  using Full = ConvGeometry<typename G::input, G::O, G::K, 1, G::padding>;
  using Back = ConvGeometry<typename Full::output, G::C, G::K, 1, G::K - 1 - G::padding>;
  using Forward = DirectConv<Full, S>;
  using Backward = DirectConv<Back, S>;
  using WeightGradient = DirectConvWeightGradient<Full, S>;
  static constexpr bool is_full = G::stride == 1;
  static constexpr std::size_t full = is_full ? 0 : (Full::output::size + 15) / 16 * 16;  // elements, of all outputs
  static constexpr std::size_t scratch =
      full + (std::max)({Forward::planes_size + Forward::lines_size,
                         Backward::planes_size + Backward::lines_size + G::weight::size, WeightGradient::scratch});

  static void forward(const S* x, const S* weight, const S* bias, S* y, S* memory) {
    S *const planes = memory + full, *const lines = planes + Forward::planes_size;
    Forward::pad(x, planes);
    Forward::forward(planes, weight, bias, 0, Forward::blocks, is_full ? y : memory, lines);
    if constexpr (!is_full) each_taken([&](std::size_t of_full, std::size_t at) { y[at] = memory[of_full]; });
  }

  static void input_gradient(const S* weight, const S* dy, S* dx, S* memory) {
    S *const planes = memory + full, *const lines = planes + Backward::planes_size,
             *const flipped = lines + Backward::lines_size;
    // y = w ⋆ x  ⇒  dx = flipped w ⋆ dy, channels exchanged
    for (std::size_t o = 0; o < G::O; ++o)
      for (std::size_t c = 0; c < G::C; ++c)
        for (std::size_t k = 0; k < G::K * G::K; ++k)
          flipped[(c * G::O + o) * G::K * G::K + G::K * G::K - 1 - k] = weight[(o * G::C + c) * G::K * G::K + k];
    Backward::pad(all_gradients(dy, memory), planes);
    Backward::forward(planes, flipped, nullptr, 0, Backward::blocks, dx, lines);
  }

  static void add_weight_gradient(const S* x, const S* dy, S* dweight, S* memory) {
    WeightGradient::add(x, all_gradients(dy, memory), dweight, memory + full);
  }

 private:
  /// body(place among the outputs of stride 1, place among those of G).
  template <class Body>
  static ODOT_INLINE void each_taken(const Body& body) {
    std::size_t at = 0;
    for (std::size_t o = 0; o < G::O; ++o)
      for (std::size_t i = 0; i < G::out_h; ++i)
        for (std::size_t j = 0; j < G::out_w; ++j, ++at)
          body((o * Full::out_h + i * G::stride) * Full::out_w + j * G::stride, at);
  }
  /// The gradients of all outputs of stride 1.
  static const S* all_gradients(const S* dy, [[maybe_unused]] S* memory) {
    if constexpr (is_full) {
      return dy;
    } else {
      std::fill_n(memory, full, S{0});
      each_taken([&](std::size_t of_full, std::size_t at) { memory[of_full] = dy[at]; });
      return memory;
    }
  }
};

}  // namespace odot::kernels::detail
