// SPDX-License-Identifier: MIT
// The library odot::compiled: the functions that are no templates, and the instantiations that the headers name.
#include "odot/cpu.hpp"
#include "odot/odot.hpp"

// Headers that the umbrella leaves to those who ask for them.
#include "odot/io/report.hpp"
#include "odot/train/report_sections.hpp"
