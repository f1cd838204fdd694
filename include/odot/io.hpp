#pragma once
// SPDX-License-Identifier: MIT
// Files of networks and trainings: weights in and out, as PyTorch knows them, and checkpoints. Needs nlohmann/json:
// CMake target odot::io, or its folder on the include path. Device by device it needs nothing: include odot/odot.hpp or
// odot/gpu.hpp besides.

#include "odot/io/checkpoint.hpp"
#include "odot/io/safetensors.hpp"
#include "odot/io/weights.hpp"
#include "odot/io/write_file.hpp"
