#pragma once
// SPDX-License-Identifier: MIT
// Layer: the base of every bound layer, and the contract of your own layer.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/shape.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/parameters.hpp"

namespace odot::nn {

/// Layer::flop() of a layer that does not say.
inline constexpr std::uint64_t unknown_flop = (std::numeric_limits<std::uint64_t>::max)();

/// Base of a layer bound to its input shape. A layer is a type without state. A derived class defines
///
///     static void forward(auto pass, auto x, auto y);
///     static void backward(auto pass, auto x, auto y, auto dy, auto dx);
///
/// with x: BatchView of input_shape, y: BatchView of output_shape, dy and dx of the same shapes.
///   forward   fills y. In training (pass.training()) it may store cache_elements(n) numbers in pass.cache() and change
///             pass.updated_buffer(…); in predict it must change nothing but y.
///   backward  adds to every pass.gradient(…), overwrites dx. dx is empty (tests false) where nothing needs it.
/// and redefines the constants below whose defaults do not hold.
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

  /// Floating-point operations that a forward pass of one sample takes in evaluation, by the layer's formula: additions,
  /// multiplications, divisions, comparisons and functions such as exp are one each, a multiply-add is two. nn::summary
  /// shows them; nothing else depends on them.
  static constexpr std::uint64_t flop() { return unknown_flop; }

  /// Numbers per sample that predict takes for what lies between the layer's parts, besides x and y; for nn::summary.
  static constexpr std::size_t prediction_elements() { return 0; }

  /// Whether backward reads x, and y. What no backward reads is not kept.
  static constexpr bool backward_reads_input = true;
  static constexpr bool backward_reads_output = false;
  /// Whether y may use x's memory, and dx dy's. Requires backward_reads_input = false.
  static constexpr bool in_place = false;
  /// Whether y is x under another shape.
  static constexpr bool is_view = false;
  /// Whether a sample's output depends on the other samples of a training batch (batch norm's does).
  static constexpr bool couples_samples = false;
  /// Whether each sample of y holds the logarithms of probabilities that add up to 1, which is what
  /// nn::NegativeLogLikelihood takes. Your own last layer that ends in a log-softmax says so here.
  static constexpr bool log_probabilities = false;
  /// Whether x holds indices: of std::int32_t if this is the model's first layer, else of the network's scalar.
  static constexpr bool takes_indices = false;
  /// How many tokens y has before those of x. The lengths of sequences grow by this number.
  static constexpr std::size_t added_tokens = 0;

  /// Whether, in predict, each token of y depends on the same token of x alone, and in the same way at every position.
  /// Stream then runs the layer, bound to a sequence of one token, on one token after the other.
  static constexpr bool token_wise = false;
  /// Whether there is a function   static void step(auto pass, auto x, auto y, auto* state);
  /// which computes the next token of n sequences, number pass.position(), as predict does in a causal layer. x and y
  /// are BatchViews of Shape<1, …>; state is n · state_elements numbers, all zero before the first token, which step
  /// changes.
  static constexpr bool has_step = false;
  static constexpr std::size_t state_elements = 0;  ///< per sequence
  /// The largest number of tokens that a stream may have.
  static constexpr std::size_t longest_stream = (std::numeric_limits<std::size_t>::max)();

  /// Appends what the layer computes, in words: its kind and the options that its parameters' shapes don't show
  /// (nn::LayerWords). A weights file keeps these words of all layers, and a model with other words refuses the file.
  /// Options that matter only in training, such as dropout's probability, are appended if parts.training is true: a
  /// resumed training must have the same.
  ODOT_COLD static void describe(LayerParts& parts) {
    parts.push_back("layer(" + In::to_string() + " -> " + Out::to_string() + ")");
  }

  static void list_parameters(std::vector<ParameterInfo>& table, const std::string& prefix) {
    ParameterList::list(table, prefix);
  }
  static void list_buffers(std::vector<ParameterInfo>& table, const std::string& prefix) {
    BufferList::list(table, prefix);
  }

  /// Calls visit(path, y) for the outputs that a training forward left in `cache`, in order. A plain layer has none.
  template <class Scalar, class Visitor>
  static void visit_outputs(const Scalar* /*cache*/, std::size_t /*n*/, const std::string& /*prefix*/,
                            const Visitor& /*visit*/) {}
};

namespace detail {
/// The sum, unknown if a part is.
constexpr std::uint64_t sum_flop(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t part : parts) {
    if (part == unknown_flop) return unknown_flop;
    sum += part;
  }
  return sum;
}

/// Slices of the cache start at multiples of this many elements.
inline constexpr std::size_t cache_alignment = 16;
constexpr std::size_t aligned(std::size_t elements) {
  return (elements + cache_alignment - 1) / cache_alignment * cache_alignment;
}
}  // namespace detail

/// A layer bound to its shapes: what nn::Layer, its base, declares.
template <class L>
concept BoundLayer = ShapeType<typename L::input_shape> && ShapeType<typename L::output_shape> && requires {
  { L::parameter_count + L::buffer_count } -> std::convertible_to<std::size_t>;
  { L::cache_elements(1) + L::gradient_elements(1) } -> std::convertible_to<std::size_t>;
  { L::in_place || L::is_view || L::couples_samples || L::log_probabilities } -> std::convertible_to<bool>;
};

/// The type of the numbers that a model takes.
template <BoundLayer L, class Scalar>
using InputNumber = std::conditional_t<L::takes_indices, std::int32_t, Scalar>;

/// What can be bound to a shape: nn::Linear<10>, or your own struct with a member template bind.
template <class D, class In>
concept LayerDescription = requires { typename D::template bind<In>; };

namespace detail {

/// Takes the place of a layer that can't be bound, so that no further errors follow.
template <ShapeType In>
struct NoLayer : Layer<In, In> {
  static void forward(auto, auto, auto) {}
  static void backward(auto, auto, auto, auto, auto) {}
};

/// The type of a description bound to a shape; no type where it can't be bound.
template <class Description, ShapeType In>
struct BoundTo {};
template <class Description, ShapeType In>
  requires LayerDescription<Description, In>
struct BoundTo<Description, In> {
  using type = typename Description::template bind<In>;
};

/// The same, but NoLayer where there is no description, or where it is bound to something that is not a layer.
template <class Description, ShapeType In>
struct BoundIfDescribed {
  using type = NoLayer<In>;
};
template <class Description, ShapeType In>
  requires LayerDescription<Description, In>
struct BoundIfDescribed<Description, In> : BoundTo<Description, In> {};
template <class Description, ShapeType In>
struct BoundOrNoLayer {
  using bound = typename BoundIfDescribed<Description, In>::type;
  using type = std::conditional_t<BoundLayer<bound>, bound, NoLayer<In>>;
};

}  // namespace detail

}  // namespace odot::nn
