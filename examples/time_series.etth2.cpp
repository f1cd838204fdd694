// SPDX-License-Identifier: MIT
// The tasks etth2-6 and etth2-12 of the trainer time_series on the CPU.

#include "time_series.etth2.hpp"

#include <odot/odot.hpp>

int time_series::run_etth2_6(const Settings& settings) { return run_etth2<6, odot::Cpu>(settings); }
int time_series::run_etth2_12(const Settings& settings) { return run_etth2<12, odot::Cpu>(settings); }
