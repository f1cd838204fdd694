#pragma once
// SPDX-License-Identifier: MIT
// Contract of 2-D pooling: the largest number, or the mean, of every window of an image.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// Shapes of a pooling: square windows, the same stride and padding on both axes. The window of output (i, j) has the
/// rows i·stride − padding to i·stride − padding + K − 1, and columns likewise, as far as they exist.
template <ShapeType In, std::size_t Kernel, std::size_t Stride, std::size_t Padding>
struct PoolGeometry {
  static_assert(2 * Padding <= Kernel,
                "padding must be at most half of the kernel, so that every window has a row and a column of the image");
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2];
  static constexpr std::size_t K = Kernel, stride = Stride, padding = Padding;
  static constexpr std::size_t out_h = (H + 2 * Padding - Kernel) / Stride + 1;
  static constexpr std::size_t out_w = (W + 2 * Padding - Kernel) / Stride + 1;
  using input = In;
  using output = Shape<C, out_h, out_w>;

  /// The first row (or column) of window `index`, and the one after its last; `extent`: H (or W).
  static constexpr std::size_t begin(std::size_t index) {
    return index * Stride < Padding ? 0 : index * Stride - Padding;
  }
  static constexpr std::size_t end(std::size_t index, std::size_t extent) {
    const std::size_t last = index * Stride + Kernel - Padding;
    return last < extent ? last : extent;
  }
  /// The first window that contains row (or column) `place`, and the one after the last; `count`: out_h (or out_w).
  static constexpr std::size_t first_window(std::size_t place) {
    return place + Padding < Kernel ? 0 : (place + Padding - Kernel) / Stride + 1;
  }
  static constexpr std::size_t end_window(std::size_t place, std::size_t count) {
    const std::size_t end = (place + Padding) / Stride + 1;
    return end < count ? end : count;
  }
};

/// y = the largest number of each window; NaN if the window has a NaN. Its tap is u·K + v if it lies in row u and
/// column v of the window; of equal numbers it is the first in row-major order. (Of several NaN it is the last one, row
/// by row on the Gpu, column by column on the Cpu.)
/// Shapes  x [N, C, H, W] → y, taps [N, C, H', W']; taps are optional; backward needs them
/// Grad    dx = Σ dy of the windows whose tap points to x (overwritten; optional)
template <class Device>
struct MaxPool2d : detail::MissingKernels<Device> {
  /// G: a PoolGeometry.
  template <class G, class S>
  static void forward(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
                      BatchView<typename G::output, S, Device> taps, BatchView<typename G::output, S, Device> y);
  template <class G, class S>
  static void backward(Workspace<Device>& workspace, BatchView<typename G::output, const S, Device> taps,
                       BatchView<typename G::output, const S, Device> dy, BatchView<typename G::input, S, Device> dx);
};

/// y = (Σ of each window) / its size. The size is K² if CountPadding, else the number of the window's pixels in the
/// image.
/// Shapes  x [N, C, H, W] → y [N, C, H', W']
/// Grad    dx = Σ dy / size over the windows that contain it (overwritten; optional)
template <class Device>
struct AvgPool2d : detail::MissingKernels<Device> {
  template <class G, bool CountPadding, class S>
  static void forward(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
                      BatchView<typename G::output, S, Device> y);
  template <class G, bool CountPadding, class S>
  static void backward(Workspace<Device>& workspace, BatchView<typename G::output, const S, Device> dy,
                       BatchView<typename G::input, S, Device> dx);
};

/// What a device's poolings must offer, checked by example calls.
template <class Max, class Avg, class Device, class S = float, class G = PoolGeometry<Shape<2, 5, 4>, 3, 2, 1>>
concept Pool2dKernels =
    requires(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
             BatchView<typename G::output, S, Device> y, BatchView<typename G::output, const S, Device> dy,
             BatchView<typename G::input, S, Device> dx) {
      Max::template forward<G>(workspace, x, y, y);
      Max::template backward<G>(workspace, dy, dy, dx);
      Avg::template forward<G, true>(workspace, x, y);
      Avg::template backward<G, true>(workspace, dy, dx);
    };

namespace detail {

/// One over the number of elements that window (i, j) is divided by.
template <class G, bool CountPadding, class S>
constexpr S window_share(std::size_t i, std::size_t j) {
  const std::size_t size =
      CountPadding ? G::K * G::K : (G::end(i, G::H) - G::begin(i)) * (G::end(j, G::W) - G::begin(j));
  return S{1} / static_cast<S>(size);
}

}  // namespace detail

}  // namespace odot::kernels
