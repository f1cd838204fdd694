#pragma once
// SPDX-License-Identifier: MIT
// Everything for the CPU. Needs Eigen; reads gzipped data files where zlib.h is found (link zlib then).

#include "odot/any_device.hpp"
#include "odot/cpu.hpp"
