#pragma once
// SPDX-License-Identifier: MIT
// Gathering: rows of a table by their numbers.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class T, class S>
struct GatherRows {
  const T* table;
  std::size_t width;
  const std::size_t* chosen;
  S* out;

  ODOT_HOST_DEVICE const T* of_row(std::size_t row) const { return table + chosen[row] * width; }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const T* from) const {
    run.store(out, run.load_column(from));
  }
};

template <class S>
struct GatherPixels {
  const std::uint8_t* table;
  std::size_t width;
  const std::size_t* chosen;
  S* out;

  ODOT_HOST_DEVICE const std::uint8_t* of_row(std::size_t row) const { return table + chosen[row] * width; }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const std::uint8_t* from) const {
    run.store(out, run.load_column(from) / S{255});
  }
};

}  // namespace detail

/// out[n] = table[chosen[n]], n < count, each row `width` numbers; all pointers are memory of the device.
template <class Device>
struct Gather {
  /// Numbers become out's type.
  template <class T, class S>
  static void rows(Workspace<Device>& workspace, const T* table, std::size_t width, const std::size_t* chosen,
                   std::size_t count, S* out) {
    const detail::GatherRows<T, S> program{table, width, chosen, out};
    if (width == 1)
      Parallel<Device>::template map<S>(workspace, count, std::integral_constant<std::size_t, 1>{}, program);
    else Parallel<Device>::template map<S>(workspace, count, width, program);
  }

  /// Bytes 0 … 255 become numbers 0 … 1.
  template <class S>
  static void pixels(Workspace<Device>& workspace, const std::uint8_t* table, std::size_t width,
                     const std::size_t* chosen, std::size_t count, S* out) {
    Parallel<Device>::template map<S>(workspace, count, width, detail::GatherPixels<S>{table, width, chosen, out});
  }
};

}  // namespace odot::kernels
