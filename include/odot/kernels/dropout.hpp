#pragma once
// SPDX-License-Identifier: MIT
// Dropout.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/random.hpp"
#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

/// Which elements are dropped, and what the others are multiplied by. Element i of sample n of a pass has the position
/// e = (first_sample + n) · size + i; it is kept where word e of the stream is at least ⌊p · 2³²⌋, words being the
/// halves of random.bits(0), random.bits(1), …, the high half first.
struct DropoutMask {
  Random random;
  double p = 0;  ///< probability of an element to be dropped, in [0, 1)
  std::size_t first_sample = 0;

  constexpr std::uint32_t threshold() const { return static_cast<std::uint32_t>(p * 0x1p32); }
  /// 1 / (1 − p) of the p that the threshold stands for, so that y is x on average however close to 1 p is.
  constexpr double scale() const { return 0x1p32 / (0x1p32 - threshold()); }
};

namespace detail {

template <class S>
struct DropoutForward {
  Random random;
  std::uint32_t threshold;
  S scale;
  const S* x;
  S* y;

  /// Four words come from one block of the generator, so multiples of four are where a group of them begins.
  template <class Block>
  ODOT_HOST_DEVICE void operator()(const Block& block) const {
    static_assert(Block::size % 4 == 0);
    std::uint32_t words[Block::size];
    random.template words<Block::size / 4>(block.position / 2, words);
    S factors[Block::size];
    for (std::size_t i = 0; i < Block::size; ++i) factors[i] = scale_where(words[i] >= threshold);
    block.each([&](const auto& run, std::size_t at) {
      const auto factor = run.generate([&](std::size_t l) { return factors[at + l]; });
      run.store(y, select(factor > 0, run.load(x) * factor, 0));
    });
  }

  /// The scale or 0, selected by its bits: a branch, or a conditional that compilers turn into one, would be
  /// mispredicted at every dropped element.
  ODOT_HOST_DEVICE S scale_where(bool kept) const {
    using Bits = std::conditional_t<sizeof(S) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;
    static_assert(sizeof(S) == sizeof(Bits));
    return std::bit_cast<S>((Bits{0} - Bits{kept}) & std::bit_cast<Bits>(scale));
  }
};

}  // namespace detail

/// y = x/(1 − p) where the mask keeps the element, else 0; y may be x's memory. Its own backward: dx from dy. Nothing
/// of the mask is stored.
/// Shapes  x [N, …] → y [N, …]
template <class Device>
struct Dropout {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, const DropoutMask& mask, BatchView<Sh, const S, Device> x,
                      BatchView<Sh, S, Device> y) {
    Parallel<Device>::template map_blocks<S>(
        workspace, std::uint64_t{mask.first_sample} * Sh::size, x.size(),
        detail::DropoutForward<S>{mask.random, mask.threshold(), static_cast<S>(mask.scale()), x.data(), y.data()});
  }
};

}  // namespace odot::kernels
