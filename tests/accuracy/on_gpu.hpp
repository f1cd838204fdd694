#pragma once
// SPDX-License-Identifier: MIT
// The Gpu's side of the rows of docs/accuracy.md.

#include "accuracy/probe.hpp"
#include "support/gpu_layer.hpp"

namespace odot::test {

/// The layer in float on the Gpu.
struct OnGpu {
  static constexpr const char* name = "Gpu";
  using device = Gpu;

  template <nn::BoundLayer Layer>
  static Errors errors(LayerRun<Layer, double>& reference, const Row& row) {
    GpuLayerRun<Layer, float> run(reference);
    run.gradients.zero();
    run.forward();
    Errors errors{.y = relative_error(run.y.to_host(), reference.y.span(), row.output_floor())};
    if (!row.backward) return errors;
    run.backward(true);
    errors.dx = relative_error(run.dx.to_host(), reference.dx.span(), row.gradient_floor());
    errors.dparameters = relative_error(run.gradients.to_host(), reference.gradients, row.gradient_floor());
    return errors;
  }
};

}  // namespace odot::test
