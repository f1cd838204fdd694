#pragma once
// SPDX-License-Identifier: MIT
// StepGraph: how a training step's work reaches the device. On most devices the work is simply done; an NVIDIA GPU gets
// it as one CUDA graph (train/gpu.hpp).

#include <cstddef>

#include "odot/core/device.hpp"

namespace odot {

template <DeviceType Device>
class StepGraph {
 public:
  /// Does the work of a step, body(). The first argument is the step's kind: steps of one kind do the same work with
  /// other numbers.
  template <class Body>
  void run(std::size_t, const Body& body) {
    body();
  }
};

}  // namespace odot
