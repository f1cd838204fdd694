#pragma once
// SPDX-License-Identifier: MIT
// Stream: a causal network on one token after the other, with memory that does not grow.

#include <cstddef>
#include <string>
#include <type_traits>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/step.hpp"

namespace odot {

namespace detail {

/// Layer: the model's first layer that can't be stepped, void if there is none. Compilers name it in their notes.
template <class Layer>
struct RequireStep {
  static_assert(
      std::is_void_v<Layer>,
      "odot::Stream: every layer must be token-wise or recurrent, as nn::ElementWiseAttention of an even order "
      "with causal = true is");
};

template <ShapeType S>
struct TokenOf {
  using type = Shape<1>;
};
template <std::size_t L, std::size_t D>
struct TokenOf<Shape<L, D>> {
  using type = Shape<D>;
};

}  // namespace detail

/// A network's predictions for `sequences` sequences side by side, token by token: what predict gives for the same
/// tokens, without keeping them. Time and memory per token do not depend on how many came before; a sequence may be
/// longer than the model's L, up to longest(). The network must outlive the stream and is not changed; a stream sees
/// changes of its parameters.
///     Stream stream(network);                 // one sequence
///     stream.step(token, y);                  // token [1, D_in] → y [1, D_out]
/// Model: an nn::Sequential<Shape<L, D>, …> whose every layer is token-wise (Linear, LayerNorm, GELU, ReLU, Dropout,
/// position encodings), recurrent (ElementWiseAttention, causal, of an even order) or made of such layers (Residual,
/// PreNorm, …). Errors  compile time: any other layer
template <nn::BoundLayer Model, DeviceType Device = Cpu, class Scalar = float>
class Stream : detail::RequireStep<typename nn::detail::FirstWithoutStep<Model>::type> {
 public:
  using input_shape = typename detail::TokenOf<typename Model::input_shape>::type;
  using output_shape = typename detail::TokenOf<typename Model::output_shape>::type;
  using Input = BatchView<input_shape, const nn::InputNumber<Model, Scalar>, Device>;
  using Output = BatchView<output_shape, Scalar, Device>;

  /// Numbers of state of one sequence.
  static constexpr std::size_t state_elements = Model::state_elements;

  /// A stream before its first token. `threads` = 0 uses all threads. Throws ArgumentError if `sequences` is 0.
  explicit Stream(const Network<Model, Device, Scalar>& network, std::size_t sequences = 1, int threads = 0)
      : network_(&network), sequences_(sequences), workspace_(threads), state_(sequences * state_elements) {
    if (sequences == 0) throw ArgumentError("odot::Stream: there must be at least one sequence");
  }

  /// The next token of every sequence. Allocates nothing after the first.
  /// Shapes  x [sequences, D_in] → y [sequences, D_out]
  /// Errors  ArgumentError: another number of rows; more than longest() tokens
  void step(Input x, Output y) {
    if (x.samples() != sequences_ || y.samples() != sequences_) throw_rows(x.samples(), y.samples());
    if (position_ >= longest()) throw_too_long();
    if constexpr (Model::has_step) {
      const WorkspaceScope<Device> scope(workspace_);
      const nn::Pass<Model, Device, Scalar> pass(
          workspace_,
          {.parameters = network_->parameters().data(), .buffers = network_->buffers().data(), .position = position_});
      using In = nn::detail::one_token<typename Model::input_shape>;
      using Out = nn::detail::one_token<typename Model::output_shape>;
      Model::step(pass, x.template as<In>(), y.template as<Out>(), state_.data());
    }
    ++position_;
  }

  /// Returns to the state before the first token.
  void reset() {
    state_.zero();
    position_ = 0;
  }

  std::size_t position() const { return position_; }    ///< tokens so far
  std::size_t sequences() const { return sequences_; }  ///< side by side

  /// Tokens that a sequence may have: L if the model has a learned position embedding; otherwise without limit.
  static constexpr std::size_t longest() { return Model::longest_stream; }

 private:
  [[noreturn]] void throw_rows(std::size_t x, std::size_t y) const {
    throw ArgumentError("odot::Stream::step: x has " + std::to_string(x) + " rows, y has " + std::to_string(y) +
                        "; each must have one of every sequence, " + std::to_string(sequences_));
  }
  [[noreturn]] void throw_too_long() const {
    throw ArgumentError("odot::Stream::step: the model's position embedding ends after " + std::to_string(longest()) +
                        " tokens; reset the stream, or use nn::SinusoidalPosition");
  }

  const Network<Model, Device, Scalar>* network_;
  std::size_t sequences_;
  Workspace<Device> workspace_;
  Buffer<Scalar, Device> state_;
  std::size_t position_ = 0;
};

}  // namespace odot
