#pragma once
// SPDX-License-Identifier: MIT
// Where the CPU kernels of element-wise attention find a sequence's numbers in memory.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "odot/kernels/element_wise_attention/cpu/channels.hpp"
#include "odot/kernels/lengths.hpp"

namespace odot::kernels::detail {

/// The arrays of one sequence; those that a pass lacks are null. Queries, keys and values lie in rows of 3·channels.
template <class S>
struct Sequence {
  const S* qkv = nullptr;
  S* y = nullptr;             // forward
  const S* output = nullptr;  // backward: y again
  const S* dy = nullptr;
  S* dqkv = nullptr;
  std::size_t tokens = 0, valid = 0, channels = 0;

  template <bool Whole>
  struct Columns {
    Column<const S, Whole> q, k, v;
  };
  template <bool Whole>
  Columns<Whole> inputs(std::size_t channel, std::size_t width) const {
    const auto at = [&](std::size_t part) {
      return Column<const S, Whole>(qkv + part * channels + channel, 3 * channels, width);
    };
    return {at(0), at(1), at(2)};
  }
  template <bool Whole>
  struct GradientColumns {
    Column<S, Whole> q, k, v;
  };
  template <bool Whole>
  GradientColumns<Whole> gradients(std::size_t channel, std::size_t width) const {
    const auto at = [&](std::size_t part) {
      return Column<S, Whole>(dqkv + part * channels + channel, 3 * channels, width);
    };
    return {at(0), at(1), at(2)};
  }

  /// Sets padding to zero, in channels [begin, end).
  void clear_padding_output(std::size_t begin, std::size_t end) const {
    for (std::size_t i = valid; i < tokens; ++i) std::fill(y + i * channels + begin, y + i * channels + end, S{0});
  }
  void clear_padding_gradients(std::size_t begin, std::size_t end) const {
    for (std::size_t i = valid; i < tokens; ++i)
      for (std::size_t part = 0; part < 3; ++part)
        std::fill(dqkv + (3 * i + part) * channels + begin, dqkv + (3 * i + part) * channels + end, S{0});
  }
};

/// Sequences of equal extents, one after the other.
template <class S>
struct Sequences {
  Sequence<S> first;
  const std::int32_t* lengths = nullptr;
  std::size_t samples = 0;

  Sequence<S> operator[](std::size_t n) const {
    Sequence<S> s = first;
    const std::size_t in = n * s.tokens * 3 * s.channels, out = n * s.tokens * s.channels;
    const auto move = [](auto*& start, std::size_t offset) {
      if (start) start += offset;
    };
    move(s.qkv, in);
    move(s.dqkv, in);
    move(s.y, out);
    move(s.output, out);
    move(s.dy, out);
    s.valid = valid_tokens(lengths, n, s.tokens);
    return s;
  }
};

}  // namespace odot::kernels::detail
