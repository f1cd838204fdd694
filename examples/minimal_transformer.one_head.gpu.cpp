// SPDX-License-Identifier: MIT
// The models of minimal_transformer with one head, on the GPU; compiled where ODOT_GPU is set.

#include "minimal_transformer.hpp"

#include <odot/gpu.hpp>

std::vector<minimal::Part> minimal::one_head_on_gpu() { return one_head<odot::Gpu>(); }
