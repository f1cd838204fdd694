// SPDX-License-Identifier: MIT
// The measurements of the trainer stream on the GPU; compiled where ODOT_GPU is set.

#include "stream.hpp"

#include <odot/gpu.hpp>

#include <utility>

stream::Outcome stream::measure_on_gpu(const Settings& settings, trainer::Images<Image> data) {
  return measure<odot::Gpu>(settings, std::move(data));
}
std::string stream::gpu_description() { return odot::Gpu::description(); }
