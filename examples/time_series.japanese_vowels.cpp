// SPDX-License-Identifier: MIT
// The task japanese-vowels of the trainer time_series on the CPU.

#include "time_series.japanese_vowels.hpp"

#include <odot/odot.hpp>

int time_series::run_japanese_vowels(const Settings& settings) { return run_vowels<odot::Cpu>(settings); }
