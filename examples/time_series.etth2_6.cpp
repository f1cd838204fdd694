// SPDX-License-Identifier: MIT
// The task etth2-6 of the trainer time_series.

#include "time_series.etth2.hpp"

int time_series::run_etth2_6(const Settings& settings) { return run_etth2<6>(settings); }
