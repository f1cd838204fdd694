#pragma once
// SPDX-License-Identifier: MIT
// Copies rows to and from a place in longer rows.

#include <cstddef>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct PutRows {
  const S* rows;
  S* place;
  std::size_t pitch;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store_to(place + run.row * pitch + run.column, run.load(rows));
  }
};

template <class S>
struct TakeRows {
  const S* place;
  std::size_t pitch;
  S* rows;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(rows, run.load_from(place + run.row * pitch + run.column));
  }
};

}  // namespace detail

/// place[r · pitch + i] = rows[r · width + i], i < width ≤ pitch, r < count; and back.
template <class Device>
struct PlaceRows {
  template <class S>
  static void put(Workspace<Device>& workspace, std::size_t count, std::size_t width, const S* rows, S* place,
                  std::size_t pitch) {
    Parallel<Device>::template map<S>(workspace, count, width, detail::PutRows<S>{rows, place, pitch});
  }
  template <class S>
  static void take(Workspace<Device>& workspace, std::size_t count, std::size_t width, const S* place,
                   std::size_t pitch, S* rows) {
    Parallel<Device>::template map<S>(workspace, count, width, detail::TakeRows<S>{place, pitch, rows});
  }
};

}  // namespace odot::kernels
