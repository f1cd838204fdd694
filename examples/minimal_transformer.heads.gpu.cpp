// SPDX-License-Identifier: MIT
// The models of minimal_transformer that may have several heads, on the GPU; compiled where ODOT_GPU is set.

#include "minimal_transformer.hpp"

#include <odot/gpu.hpp>

std::vector<minimal::Part> minimal::several_heads_on_gpu() { return several_heads<odot::Gpu>(); }
std::string minimal::gpu_description() { return odot::Gpu::description(); }
