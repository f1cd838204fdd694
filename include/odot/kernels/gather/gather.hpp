#pragma once
// SPDX-License-Identifier: MIT
// Contract of gathering: rows of a table by their numbers.

#include <cstddef>
#include <cstdint>

#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// out[n] = table[chosen[n]], n < count, each row `width` numbers; all pointers are memory of the device.
///
///   rows(workspace, table, width, chosen, count, out): numbers become out's type
///   pixels(workspace, table, width, chosen, count, out): bytes 0 … 255 become numbers 0 … 1
template <class Device>
struct Gather : detail::NoKernel<Device> {};

}  // namespace odot::kernels
