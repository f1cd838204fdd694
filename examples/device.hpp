#pragma once
// SPDX-License-Identifier: MIT
// The device that an example is compiled for: the Gpu where Thrust is there (nvcc, or a THRUST_DEVICE_SYSTEM of the host's),
// else the Cpu.

#if defined(__CUDACC__) || defined(THRUST_DEVICE_SYSTEM)
#include <odot/gpu.hpp>
#endif
#include <odot/odot.hpp>

#if defined(__CUDACC__) || defined(THRUST_DEVICE_SYSTEM)
using OnDevice = odot::Gpu;
#else
using OnDevice = odot::Cpu;
#endif
