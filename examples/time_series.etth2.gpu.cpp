// SPDX-License-Identifier: MIT
// The tasks etth2-6 and etth2-12 of the trainer time_series on the GPU; compiled where ODOT_GPU is set.

#include "time_series.etth2.hpp"

#include <odot/gpu.hpp>

int time_series::run_etth2_6_on_gpu(const Settings& settings) { return run_etth2<6, odot::Gpu>(settings); }
int time_series::run_etth2_12_on_gpu(const Settings& settings) { return run_etth2<12, odot::Gpu>(settings); }
