#pragma once
// SPDX-License-Identifier: MIT
// Pass: everything that a layer gets, besides its input and output, when a batch goes through it.

#include <cstddef>
#include <cstdint>

#include "odot/core/random.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/expressions.hpp"
#include "odot/nn/name.hpp"

namespace odot::nn {

/// The layer's slices of the network's blocks, for one pass. Cheap to copy.
/// Layer: the bound layer type, whose declared names the accessors know.
template <class Layer, DeviceType Device, class Scalar>
class Pass {
 public:
  using layer = Layer;
  using device = Device;
  using scalar = Scalar;

  /// Start of each block's slice for this layer; null where a kind of pass has no such block.
  struct Blocks {
    const Scalar* parameters = nullptr;
    Scalar* gradients = nullptr;  ///< backward only
    const Scalar* buffers = nullptr;
    Scalar* updated_buffers = nullptr;  ///< training forward only
    Scalar* cache = nullptr;            ///< training only: what forward leaves for backward
    /// For sequences: how many tokens of each sample are valid (the others are padding at its end); null: all are.
    const std::int32_t* lengths = nullptr;
    std::size_t position = 0;      ///< in Stream's steps only: number of tokens before this one
    std::uint64_t seed = 0;        ///< training only: for this step's random numbers
    std::size_t first_sample = 0;  ///< position of the pass's first sample in its batch
    std::uint64_t path = 0;        ///< identifies this layer: no two layers of a model have the same
  };

  Pass(Workspace<Device>& workspace, const Blocks& blocks) : workspace_(&workspace), blocks_(blocks) {}

  Workspace<Device>& workspace() const { return *workspace_; }
  const Blocks& blocks() const { return blocks_; }

  /// True in forward and backward of a training step; false in predict, where nothing may be stored.
  bool training() const { return blocks_.cache != nullptr; }

  template <class N>
  auto parameter(N name) const {
    return view<typename Layer::parameters>(name, blocks_.parameters);
  }
  /// The gradient of a parameter: backward adds to it.
  template <class N>
  auto gradient(N name) const {
    return view<typename Layer::parameters>(name, blocks_.gradients);
  }
  template <class N>
  auto buffer(N name) const {
    return view<typename Layer::buffers>(name, blocks_.buffers);
  }
  /// A buffer that a training forward may change.
  template <class N>
  auto updated_buffer(N name) const {
    return view<typename Layer::buffers>(name, blocks_.updated_buffers);
  }

  /// The same for an nn::OptionalParameter: an empty view if the layer does not have it, for a kernel's optional
  /// argument.
  template <class N>
  auto parameter_or_empty(N name) const {
    return view_or_empty<typename Layer::parameters>(name, blocks_.parameters);
  }
  template <class N>
  auto gradient_or_empty(N name) const {
    return view_or_empty<typename Layer::parameters>(name, blocks_.gradients);
  }
  template <class N>
  auto buffer_or_empty(N name) const {
    return view_or_empty<typename Layer::buffers>(name, blocks_.buffers);
  }
  template <class N>
  auto updated_buffer_or_empty(N name) const {
    return view_or_empty<typename Layer::buffers>(name, blocks_.updated_buffers);
  }
  Scalar* cache() const { return blocks_.cache; }

  /// Valid tokens of each sample of the layer's input, in the device's memory; null: all are valid. Kernels clamp them
  /// to [0, L], see kernels::valid_tokens.
  const std::int32_t* lengths() const { return blocks_.lengths; }
  Pass with_lengths(const std::int32_t* lengths) const {
    Pass pass = *this;
    pass.blocks_.lengths = lengths;
    return pass;
  }

  /// In a step: the number of tokens before this one.
  std::size_t position() const { return blocks_.position; }

  /// This layer's random numbers in this training step: the same in forward and backward, different in every step and
  /// layer. A layer takes number (first_sample() + n) · output_shape::size + i for element i of sample n, so that the
  /// result does not depend on the pieces in which a batch goes through the network.
  Random random() const { return {Seed{blocks_.seed}, blocks_.path}; }
  std::size_t first_sample() const { return blocks_.first_sample; }

  /// The pass for part number `position` of this layer. Its slices begin at the given offsets (in elements) in this
  /// layer's slices.
  template <class Child>
  Pass<Child, Device, Scalar> child(std::size_t position, std::size_t parameters, std::size_t buffers,
                                    std::size_t cache) const {
    const auto at = [](auto* start, std::size_t offset) { return start ? start + offset : nullptr; };
    return {*workspace_,
            {.parameters = at(blocks_.parameters, parameters),
             .gradients = at(blocks_.gradients, parameters),
             .buffers = at(blocks_.buffers, buffers),
             .updated_buffers = at(blocks_.updated_buffers, buffers),
             .cache = at(blocks_.cache, cache),
             .lengths = blocks_.lengths,
             .position = blocks_.position,
             .seed = blocks_.seed,
             .first_sample = blocks_.first_sample,
             .path = (blocks_.path + position + 1) * 0x9E3779B97F4A7C15u}};
  }

 private:
  template <class List, class N, class T>
  static auto view(N name, T* start) {
    constexpr bool present = !List::lacks(N{});
    static_assert(present,
                  "odot::nn: with these options the layer lacks this parameter or buffer; ask for parameter_or_empty, "
                  "gradient_or_empty, buffer_or_empty or updated_buffer_or_empty");
    return view_or_empty<List>(name, start);
  }
  template <class List, class N, class T>
  static auto view_or_empty(N name, T* start) {
    using S = decltype(List::shape_of(name));
    return TensorView<S, T, Device>(start && !List::lacks(name) ? start + List::offset(name) : nullptr);
  }

  Workspace<Device>* workspace_;
  Blocks blocks_;
};

}  // namespace odot::nn
