#pragma once
// SPDX-License-Identifier: MIT
// Layer: the base of every bound layer, and the contract that a layer of one's own fulfils.

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/shape.hpp"
#include "odot/nn/parameters.hpp"

namespace odot::nn {

/// Base of a layer bound to its input shape. A layer is a type; it has no members that change. A derived class writes
///
///     static void forward(auto pass, auto x, auto y);
///     static void backward(auto pass, auto x, auto y, auto dy, auto dx);
///
/// with x: BatchView of input_shape, y: BatchView of output_shape, dy and dx of the same shapes.
///   forward   fills y. In training (pass.training()) it may store cache_elements(n) numbers in pass.cache() and change
///             pass.updated_buffer(…); in predict it must change nothing but y.
///   backward  adds to every pass.gradient(…), overwrites dx. dx is empty (tests false) where nobody wants it.
/// and overrides, where the defaults below do not hold, the constants.
template <ShapeType In, ShapeType Out, class ParameterList = Parameters<>, class BufferList = Parameters<>>
struct Layer {
  using input_shape = In;
  using output_shape = Out;
  using parameters = ParameterList;
  using buffers = BufferList;

  static constexpr std::size_t parameter_count = ParameterList::size;
  static constexpr std::size_t buffer_count = BufferList::size;

  /// Numbers that a training forward of n samples leaves for backward, besides x and y.
  static constexpr std::size_t cache_elements(std::size_t /*n*/) { return 0; }
  /// Numbers that backward of n samples needs for gradients between its parts.
  static constexpr std::size_t gradient_elements(std::size_t /*n*/) { return 0; }

  /// Whether backward reads x, y. What nobody reads need not be kept.
  static constexpr bool backward_reads_input = true;
  static constexpr bool backward_reads_output = false;
  /// Whether y may be x's memory, and dx dy's. Needs backward_reads_input = false.
  static constexpr bool in_place = false;
  /// Whether y is x under another shape.
  static constexpr bool is_view = false;
  /// Whether a sample's output depends on the other samples of a training batch (batch norm's does).
  static constexpr bool couples_samples = false;
  /// Tokens that y has before those of x: so many more are valid where the sequences have lengths.
  static constexpr std::size_t added_tokens = 0;

  static void list_parameters(std::vector<ParameterInfo>& table, const std::string& prefix) {
    ParameterList::list(table, prefix);
  }
  static void list_buffers(std::vector<ParameterInfo>& table, const std::string& prefix) {
    BufferList::list(table, prefix);
  }

  /// Calls visit(path, y) for the outputs that a training forward left in `cache`, in order; none in a plain layer.
  template <class Scalar, class Visitor>
  static void visit_outputs(const Scalar* /*cache*/, std::size_t /*n*/, const std::string& /*prefix*/,
                            const Visitor& /*visit*/) {}
};

namespace detail {
/// Slices of the cache start at multiples of this many elements.
inline constexpr std::size_t cache_alignment = 16;
constexpr std::size_t aligned(std::size_t elements) {
  return (elements + cache_alignment - 1) / cache_alignment * cache_alignment;
}
}  // namespace detail

/// A layer bound to its shapes.
template <class L>
concept BoundLayer = ShapeType<typename L::input_shape> && ShapeType<typename L::output_shape> && requires {
  { L::parameter_count + L::buffer_count } -> std::convertible_to<std::size_t>;
};

}  // namespace odot::nn
