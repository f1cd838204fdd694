#pragma once
// SPDX-License-Identifier: MIT
// ChainPlan: where the outputs, caches, parameters and gradients of layers in a row lie. Constants only; no data.

#include <algorithm>
#include <array>
#include <cstddef>

#include "odot/nn/layer.hpp"

namespace odot::nn::detail {

/// Outputs of a chain are kept in slots. A layer that works in place writes into the slot of its input, unless
/// someone's backward still reads what lies there. The last slot is the caller's y.
template <std::size_t N>
struct Slots {
  std::array<std::size_t, N> slot{};  // of each output
  std::size_t count = 0;              // the caller's included
  bool last_is_read = false;          // a backward reads the last slot

  constexpr Slots(const std::array<bool, N>& in_place, const std::array<bool, N>& is_view,
                  const std::array<bool, N>& reads_output) {
    bool read = false;
    for (std::size_t i = 0; i < N; ++i) {
      const bool shares = i > 0 && (is_view[i] || (in_place[i] && !read));
      slot[i] = shares ? slot[i - 1] : count++;
      read = (shares && read) || reads_output[i];
    }
    last_is_read = read;
  }
};

/// The plan of bound layers `C...` in a row. Sizes and offsets in elements; n: samples.
template <class... C>
struct ChainPlan {
  static constexpr std::size_t layers = sizeof...(C);
  static constexpr std::array<std::size_t, layers> output_size{C::output_shape::size...};
  static constexpr std::array<bool, layers> stays{(C::in_place || C::is_view)...};
  static constexpr Slots<layers> slot_table{{C::in_place...}, {C::is_view...}, {C::backward_reads_output...}};
  static constexpr std::size_t own_slots = slot_table.count - 1;

  /// Elements per sample of the largest output, the last one left out.
  static constexpr std::size_t largest_between() {
    std::size_t size = 0;
    for (std::size_t i = 0; i + 1 < layers; ++i) size = (std::max)(size, output_size[i]);
    return size;
  }

  // The cache: our own slots, then the cache of each layer.
  static constexpr std::size_t slot_offset(std::size_t slot, std::size_t n) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < layers; ++i) {
      const bool first_of_slot = i == 0 || slot_table.slot[i] != slot_table.slot[i - 1];
      if (first_of_slot && slot_table.slot[i] < slot) at += aligned(output_size[i] * n);
    }
    return at;
  }
  static constexpr std::size_t cache_offset(std::size_t layer, std::size_t n) {
    const std::array<std::size_t, layers> sizes{C::cache_elements(n)...};
    std::size_t at = slot_offset(own_slots, n);
    for (std::size_t i = 0; i < layer; ++i) at += aligned(sizes[i]);
    return at;
  }

  static constexpr std::size_t parameter_offset(std::size_t layer) {
    return sum_before(layer, {C::parameter_count...});
  }
  static constexpr std::size_t buffer_offset(std::size_t layer) { return sum_before(layer, {C::buffer_count...}); }

  // Gradients between the layers lie in two pieces by turns; a layer that works in place stays in its piece.
  static constexpr std::array<std::size_t, layers> gradient_piece() {
    std::array<std::size_t, layers> piece{};
    for (std::size_t i = layers - 1; i-- > 0;)
      if (i + 2 < layers) piece[i] = stays[i + 1] ? piece[i + 1] : 1 - piece[i + 1];
    return piece;
  }
  static constexpr std::size_t gradient_pieces = std::min<std::size_t>(layers - 1, 2);
  static constexpr std::size_t gradient_elements(std::size_t n) {
    return gradient_pieces * aligned(largest_between() * n) + (std::max)({C::gradient_elements(n)...});
  }

 private:
  static constexpr std::size_t sum_before(std::size_t layer, const std::array<std::size_t, layers>& sizes) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < layer; ++i) sum += sizes[i];
    return sum;
  }
};

}  // namespace odot::nn::detail
