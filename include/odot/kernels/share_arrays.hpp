#pragma once
// SPDX-License-Identifier: MIT
// One array for all channels, one number for a square of pixels: copies of them, and the sums of what becomes of the copies.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// Which numbers of [heads, C, H, W] are copies of the same number: those of D × D pixels, of all channels if Shared.
template <std::size_t C, std::size_t H, std::size_t W, std::size_t D, bool Shared>
struct SharedPlaces {
  static constexpr std::size_t per_number = Shared ? C : 1;  // channels
  static constexpr std::size_t height = (H - 1) / D + 1, width = (W - 1) / D + 1;
};

/// A row is a row of a copy.
template <class S, std::size_t C, std::size_t H, std::size_t W, std::size_t D, bool Shared>
struct CopyShared {
  using Places = SharedPlaces<C, H, W, D, Shared>;
  const S* shared;
  S* copies;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t array = run.row / H / Places::per_number, row = run.row % H / D;
    const S* const from = shared + (array * Places::height + row) * Places::width;
    if constexpr (D == 1) run.store(copies, run.load_column(from));
    else run.store(copies, run.generate([&](std::size_t l) { return from[(run.column + l) / D]; }));
  }
};

/// A row is a row of a shared array.
template <class S, std::size_t C, std::size_t H, std::size_t W, std::size_t D, bool Shared>
struct AddShared {
  using Places = SharedPlaces<C, H, W, D, Shared>;
  const S* copies;
  S* shared;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t array = run.row / Places::height, first_row = run.row % Places::height * D;
    const S* const plane = copies + array * (Places::per_number * H * W);
    if constexpr (D == 1) {
      const S* const row = plane + first_row * W;
      auto sum = run.load_column(row);
      for (std::size_t c = 1; c < Places::per_number; ++c) sum = sum + run.load_column(row + c * (H * W));
      run.store(shared, run.load(shared) + sum);
    } else {
      const std::size_t rows = least(first_row + D, H);
      run.store(shared, run.load(shared) + run.generate([&](std::size_t l) {
        const std::size_t first = (run.column + l) * D, end = least(first + D, W);
        double sum = 0;
        for (std::size_t c = 0; c < Places::per_number; ++c)
          for (std::size_t i = first_row; i < rows; ++i)
            for (std::size_t j = first; j < end; ++j) sum += static_cast<double>(plane[(c * H + i) * W + j]);
        return sum;
      }));
    }
  }

 private:
  static ODOT_HOST_DEVICE std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }
};

}  // namespace detail

/// copies[h, c, i, j] = shared[h, c, i/D, j/D], with channel 0 for every c where `shared` has one channel; and shared += the
/// sums of what are copies of its numbers. The last squares of D × D pixels may be cut off.
/// Shapes  shared [heads, C or 1, ⌈H/D⌉, ⌈W/D⌉], copies [heads, C, H, W]
template <class Device>
struct ShareArrays {
  template <std::size_t D, class S, std::size_t Heads, std::size_t Arrays, std::size_t h, std::size_t w, std::size_t C,
            std::size_t H, std::size_t W>
  static void copy(Workspace<Device>& workspace, TensorView<Shape<Heads, Arrays, h, w>, const S, Device> shared,
                   TensorView<Shape<Heads, C, H, W>, S, Device> copies) {
    using Program = detail::CopyShared<S, C, H, W, D, Arrays == 1>;
    static_assert(h == Program::Places::height && w == Program::Places::width);
    Parallel<Device>::template map<S>(workspace, Heads * C * H, std::integral_constant<std::size_t, W>{},
                                      Program{shared.data(), copies.data()});
  }
  template <std::size_t D, class S, std::size_t Heads, std::size_t C, std::size_t H, std::size_t W, std::size_t Arrays,
            std::size_t h, std::size_t w>
  static void add(Workspace<Device>& workspace, TensorView<Shape<Heads, C, H, W>, const S, Device> copies,
                  TensorView<Shape<Heads, Arrays, h, w>, S, Device> shared) {
    using Program = detail::AddShared<S, C, H, W, D, Arrays == 1>;
    static_assert(h == Program::Places::height && w == Program::Places::width);
    Parallel<Device>::template map<S>(workspace, Heads * Arrays * h, std::integral_constant<std::size_t, w>{},
                                      Program{copies.data(), shared.data()});
  }
};

}  // namespace odot::kernels
