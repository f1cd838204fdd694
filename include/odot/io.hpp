#pragma once
// SPDX-License-Identifier: MIT
// Files of networks and trainings: weights, in a form that PyTorch reads and writes, and checkpoints. Needs
// nlohmann/json: CMake target odot::io, or its folder on the include path. It has no kernels: include odot/odot.hpp or
// odot/gpu.hpp too.

#include "odot/io/checkpoint.hpp"
#include "odot/io/safetensors.hpp"
#include "odot/io/weights.hpp"
#include "odot/io/write_file.hpp"
