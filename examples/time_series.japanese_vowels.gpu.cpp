// SPDX-License-Identifier: MIT
// The task japanese-vowels of the trainer time_series on the GPU; compiled where ODOT_GPU is set.

#include "time_series.japanese_vowels.hpp"

#include <odot/gpu.hpp>

int time_series::run_japanese_vowels_on_gpu(const Settings& settings) { return run_vowels<odot::Gpu>(settings); }
std::string time_series::gpu_description() { return odot::Gpu::description(); }
