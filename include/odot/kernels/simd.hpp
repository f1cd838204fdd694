#pragma once
// SPDX-License-Identifier: MIT
// SIMD on Eigen's packets, the whole of it: what CPU kernels are written with.

#include "odot/kernels/simd_convert.hpp"    // other types of numbers
#include "odot/kernels/simd_fused.hpp"      // products less a number near them
#include "odot/kernels/simd_mask.hpp"       // comparisons and choices
#include "odot/kernels/simd_packet.hpp"     // loads, stores, arithmetic
#include "odot/kernels/simd_partial.hpp"    // the last numbers of a row
#include "odot/kernels/simd_stride.hpp"     // every second number
#include "odot/kernels/simd_transpose.hpp"  // transposed blocks, sums over lanes
