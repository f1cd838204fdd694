#pragma once
// SPDX-License-Identifier: MIT
// Pass: all that a layer is handed, besides its input and output, when a batch goes through it.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
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

  /// Start of each block's slice for this layer; those that a kind of pass lacks are null.
  struct Blocks {
    const Scalar* parameters = nullptr;
    Scalar* gradients = nullptr;  ///< backward only
    const Scalar* buffers = nullptr;
    Scalar* updated_buffers = nullptr;  ///< training forward only
    Scalar* cache = nullptr;            ///< training only: what forward leaves for backward
  };

  Pass(Workspace<Device>& workspace, const Blocks& blocks) : workspace_(&workspace), blocks_(blocks) {}

  Workspace<Device>& workspace() const { return *workspace_; }
  const Blocks& blocks() const { return blocks_; }

  /// True between forward and backward of a training step; false in predict, where nothing may be stored.
  bool training() const { return blocks_.cache != nullptr; }

  template <FixedString Text>
  auto parameter(Name<Text> name) const {
    return view<typename Layer::parameters>(name, blocks_.parameters);
  }
  /// The gradient of a parameter: backward adds to it.
  template <FixedString Text>
  auto gradient(Name<Text> name) const {
    return view<typename Layer::parameters>(name, blocks_.gradients);
  }
  template <FixedString Text>
  auto buffer(Name<Text> name) const {
    return view<typename Layer::buffers>(name, blocks_.buffers);
  }
  /// A buffer that a training forward may change.
  template <FixedString Text>
  auto updated_buffer(Name<Text> name) const {
    return view<typename Layer::buffers>(name, blocks_.updated_buffers);
  }
  Scalar* cache() const { return blocks_.cache; }

  /// The pass of a part of this layer, its slices at the given offsets (elements) of this layer's slices.
  template <class Child>
  Pass<Child, Device, Scalar> child(std::size_t parameters, std::size_t buffers, std::size_t cache) const {
    const auto at = [](auto* start, std::size_t offset) { return start ? start + offset : nullptr; };
    return {*workspace_,
            {at(blocks_.parameters, parameters), at(blocks_.gradients, parameters), at(blocks_.buffers, buffers),
             at(blocks_.updated_buffers, buffers), at(blocks_.cache, cache)}};
  }

 private:
  template <class List, FixedString Text, class T>
  static auto view(Name<Text> name, T* start) {
    using S = decltype(List::shape_of(name));
    return TensorView<S, T, Device>(start ? start + List::offset(name) : nullptr);
  }

  Workspace<Device>* workspace_;
  Blocks blocks_;
};

}  // namespace odot::nn
