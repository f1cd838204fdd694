#pragma once
// SPDX-License-Identifier: MIT
// Dropout of whole channels.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/dropout.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// Rows are planes, one per channel; each counts as one element of a DropoutMask.
template <class S>
struct ChannelDropoutForward {
  Random random;
  std::uint32_t threshold;
  S scale;
  std::uint64_t first;  // the number, among the batch's planes, of row 0
  const S* x;
  S* y;

  ODOT_HOST_DEVICE S of_row(std::size_t row) const {
    const std::uint64_t plane = first + row;
    std::uint32_t words[4];
    random.template words<1>(plane / 4 * 2, words);
    return words[plane % 4] >= threshold ? scale : S{0};
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, S factor) const {
    if (factor > 0) run.store(y, run.load(x) * Run::number(factor));
    else run.store(y, Run::number(S{0}));
  }
};

}  // namespace detail

/// y = x/(1 − p) in the channels that the mask keeps, else 0; y may be x's memory. Its own backward: dx from dy. The mask is
/// that of DropoutMask for samples of C elements.
/// Shapes  x [N, C, …] → y [N, C, …]
template <class Device>
struct ChannelDropout {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, const DropoutMask& mask, BatchView<Sh, const S, Device> x,
                      BatchView<Sh, S, Device> y) {
    constexpr std::size_t channels = Sh::extents[0], plane = Sh::size / channels;
    Parallel<Device>::template map<S>(
        workspace, x.samples() * channels, std::integral_constant<std::size_t, plane>{},
        detail::ChannelDropoutForward<S>{mask.random, mask.threshold(), static_cast<S>(mask.scale()),
                                         std::uint64_t{mask.first_sample} * channels, x.data(), y.data()});
  }
};

}  // namespace odot::kernels
