#pragma once
// SPDX-License-Identifier: MIT
// ObservedPass: a pass in which somebody looks at every layer's input.

#include <cstddef>
#include <cstdint>

#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/nn/layer_calls.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// A Pass that calls observer(pass, x) before the forward of each layer, from the outermost inwards; the layer is
/// decltype(pass)::layer.
template <class Layer, DeviceType Device, class Scalar, class Observer>
class ObservedPass : public Pass<Layer, Device, Scalar> {
  using Base = Pass<Layer, Device, Scalar>;

 public:
  ObservedPass(const Base& pass, Observer& observer) : Base(pass), observer_(&observer) {}

  void observe_input(auto x) const { (*observer_)(*this, x); }

  ObservedPass with_lengths(const std::int32_t* lengths) const { return {Base::with_lengths(lengths), *observer_}; }
  template <class Child>
  ObservedPass<Child, Device, Scalar, Observer> child(std::size_t position, std::size_t parameters, std::size_t buffers,
                                                      std::size_t cache) const {
    return {Base::template child<Child>(position, parameters, buffers, cache), *observer_};
  }

 private:
  Observer* observer_;
};

/// Predicts all of x at once and calls observer(pass, x) before each layer, with the layer's own input. Returns the
/// model's output. For looking into a network, not for speed: it allocates.
/// Shapes  as Network::predict
template <class Model, DeviceType Device, class Scalar, class Observer>
Batch<typename Model::output_shape, Scalar, Device> observe(const Network<Model, Device, Scalar>& network,
                                                            typename Network<Model, Device, Scalar>::Input x,
                                                            Observer& observer, const std::int32_t* lengths = nullptr) {
  Workspace<Device> workspace;
  const WorkspaceScope<Device> scope(workspace);
  Batch<typename Model::output_shape, Scalar, Device> y(x.samples());
  const Pass<Model, Device, Scalar> pass(
      workspace, {.parameters = network.parameters().data(), .buffers = network.buffers().data(), .lengths = lengths});
  detail::forward<Model>(ObservedPass<Model, Device, Scalar, Observer>(pass, observer), x, y.view());
  return y;
}

}  // namespace odot::nn
