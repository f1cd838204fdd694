#pragma once
// SPDX-License-Identifier: MIT
// Numbers side by side in the device's memory, read and written 16 bytes at a time where possible.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels::gpu {

/// row[j] = from[j] for j < count ≤ Size; 16 bytes at a time where the address allows that.
template <unsigned Size, class S>
ODOT_HOST_DEVICE void load_row(const S* from, unsigned count, S (&row)[Size]) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<S, float>) {
    if (reinterpret_cast<std::uintptr_t>(from) % sizeof(float4) == 0 && count % 4 == 0) {
      ODOT_UNROLL
      for (unsigned j = 0; j + 4 <= Size; j += 4)
        if (j < count) {
          const float4 four = *reinterpret_cast<const float4*>(from + j);
          row[j] = four.x, row[j + 1] = four.y, row[j + 2] = four.z, row[j + 3] = four.w;
        }
      return;
    }
  }
#endif
  ODOT_UNROLL
  for (unsigned j = 0; j < Size; ++j)
    if (j < count) row[j] = from[j];
}

/// to[j] = row[j], likewise.
template <unsigned Size, class S>
ODOT_HOST_DEVICE void store_row(const S (&row)[Size], unsigned count, S* to) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<S, float>) {
    if (reinterpret_cast<std::uintptr_t>(to) % sizeof(float4) == 0 && count % 4 == 0) {
      ODOT_UNROLL
      for (unsigned j = 0; j + 4 <= Size; j += 4)
        if (j < count) *reinterpret_cast<float4*>(to + j) = make_float4(row[j], row[j + 1], row[j + 2], row[j + 3]);
      return;
    }
  }
#endif
  ODOT_UNROLL
  for (unsigned j = 0; j < Size; ++j)
    if (j < count) to[j] = row[j];
}

/// body(first, count) for every four of `size` indices, first = 0, 4, 8, …; count is 4, or fewer in the last one.
template <class Body>
void for_each_four(std::size_t size, const Body& body) {
  for_each_index((size + 3) / 4, [=] ODOT_HOST_DEVICE(std::size_t i) {
    const std::size_t first = 4 * i;
    body(first, static_cast<unsigned>(size - first < 4 ? size - first : 4));
  });
}

}  // namespace odot::kernels::gpu
